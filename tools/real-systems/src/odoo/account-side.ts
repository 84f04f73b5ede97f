/** Customers at the storefront, each with a token of their own. */

export interface Account {
  readonly customerId: string;
  readonly email: string;
}

interface ShownCustomer {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly phone: string | null;
  readonly customerGroup?: string;
  readonly addresses: readonly { readonly city: string; readonly isDefaultShipping: boolean; readonly isDefaultBilling: boolean }[];
}

export interface AccountSide {
  readonly register: (account: Account, more?: object) => Promise<void>;
  readonly change: (account: Account, change: object) => Promise<void>;
  readonly erase: (account: Account) => Promise<void>;
  /** undefined = the storefront knows nobody. */
  readonly show: (account: Account) => Promise<ShownCustomer | undefined>;
}

const addressOf = ({ customerId }: Account): object => ({
  name: `Planted ${customerId}`, street: `Planted street ${customerId}`, postalCode: '20457', city: 'Hamburg', country: 'DE', isDefaultShipping: true, isDefaultBilling: true,
});

export function accountSide(gatewayUrl: string, sandboxUrl: string): AccountSide {
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = ({ customerId }: Account): Promise<string> => {
    const known = tokens.get(customerId) ?? newToken(sandboxUrl, customerId);
    tokens.set(customerId, known);
    return known;
  };
  const ask = async (account: Account, method: string, body?: object): Promise<Response> => {
    const answer = await fetch(`${gatewayUrl}/v1/customer`, {
      method,
      headers: { authorization: `Bearer ${await tokenOf(account)}`, prefer: 'wait=0', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 400 && answer.status !== 404) throw new Error(`${method} /v1/customer: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return answer;
  };
  return {
    register: async (account, more = {}) => void (await ask(account, 'PUT', { email: account.email, name: `Planted ${account.customerId}`, addresses: [addressOf(account)], ...more })),
    change: async (account, change) => void (await ask(account, 'PATCH', change)),
    erase: async (account) => void (await ask(account, 'DELETE')),
    show: async (account) => {
      const answer = await ask(account, 'GET');
      return answer.status === 404 ? undefined : ((await answer.json()) as { customer: ShownCustomer }).customer;
    },
  };
}

async function newToken(sandboxUrl: string, customerId: string): Promise<string> {
  const answer = await fetch(`${sandboxUrl}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: customerId, customerId }) });
  return ((await answer.json()) as { token: string }).token;
}
