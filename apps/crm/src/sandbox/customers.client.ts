/** What the shop asks of the sandbox CRM. One try a call: what becomes of a write that failed is decided by the effect (ADR 0018). */
import { type HttpAnswer, type HttpCall, nothingSent } from '@steward/adapter-kit';
import type { Customer } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import type { SandboxAccess } from '@steward/sandbox-connector';
import { z } from 'zod';
import { newestConsents } from '../customer/consents';
import type { CustomerRecords, WriteOutcome } from '../customer/customer-records';
import { customerWire, foundWire, refusalWire, type SandboxCustomer } from './sandbox.wire';
import { toChangedFields, toConsent, toCustomer, toNewCustomer, toPermission } from './translate';

const isRefusal = (status: number): boolean => status >= 400 && status < 500 && ![401, 403, 404, 408, 429].includes(status);

export function sandboxCustomers({ http, url, headers }: SandboxAccess): CustomerRecords {
  const place = (customerId: string): string => new URL(`/crm/customers/${encodeURIComponent(customerId)}`, url).href;

  const write = async (call: Pick<HttpCall, 'url' | 'method' | 'signal'>, body?: object): Promise<HttpAnswer> => {
    const answer = await http.send({
      ...call,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      idempotent: false,
      accept: (status) => isRefusal(status) || [401, 403, 404].includes(status),
    });
    // A password that is not accepted says nothing of the request: it is sent again when somebody has mended it.
    if (answer.status === 401 || answer.status === 403) throw nothingSent(new StewardError('SOURCE_REFUSED', `status ${answer.status}`, { place: call.url }));
    return answer;
  };

  const read = async (customerId: string, signal: AbortSignal): Promise<SandboxCustomer | undefined> => {
    const answer = await http.send({ url: place(customerId), headers, signal, accept: (status) => status === 404 });
    if (answer.status === 404) return undefined;
    return checked(customerWire, answer, place(customerId));
  };

  return {
    register: async (customer, signal) => outcomeOf(await write({ url: place(customer.customerId), method: 'PUT', signal }, toNewCustomer(customer))),
    update: async (change, signal) => {
      const fields = toChangedFields(change);
      if (change.consents === undefined) return outcomeOf(await write({ url: place(change.customerId), method: 'PATCH', signal }, fields));
      const known = await read(change.customerId, signal).catch((error: Error) => {
        throw nothingSent(error);
      });
      const consents = newestConsents([...(known?.permissions ?? []).map(toConsent), ...change.consents]);
      return outcomeOf(await write({ url: place(change.customerId), method: 'PATCH', signal }, { ...fields, permissions: consents.map(toPermission) }));
    },
    erase: async (customerId, signal) => {
      const answer = await write({ url: place(customerId), method: 'DELETE', signal });
      return answer.status === 404 ? { kind: 'done' } : outcomeOf(answer);
    },
    find: async (customerId, signal): Promise<Customer | undefined> => {
      const record = await read(customerId, signal);
      return record && toCustomer(record);
    },
    namesakes: async (customerId, email, signal) => {
      const address = new URL(`/crm/customers?${new URLSearchParams({ mail: email }).toString()}`, url).href;
      const { items } = checked(foundWire, await http.send({ url: address, headers, signal }), address);
      return items.flatMap(({ id }) => (id === customerId ? [] : [id]));
    },
    settleMs: 2_000,
  };
}

function outcomeOf(answer: HttpAnswer): WriteOutcome {
  if (answer.status < 300) return { kind: 'done' };
  if (answer.status === 404) return { kind: 'refused', code: 'not_found', reason: 'the CRM has nobody under this id' };
  const refusal = refusalWire.safeParse(answer.json());
  return refusal.success
    ? { kind: 'refused', code: refusal.data.error.code, reason: refusal.data.error.message.slice(0, 500) }
    : { kind: 'refused', code: `status_${answer.status}`, reason: 'the CRM gave no reason' };
}

function checked<T>(shape: z.ZodType<T>, answer: HttpAnswer, place: string): T {
  const parsed = shape.safeParse(answer.json());
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place: new URL(place).pathname });
  return parsed.data;
}
