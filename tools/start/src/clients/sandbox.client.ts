// The sandbox's control API: what a person would do in the user interface of a PIM or ERP.

export type SandboxRecord = { readonly id: string } & Readonly<Record<string, unknown>>;
export type SandboxCollection = 'pim/products' | 'pim/categories' | 'erp/stock' | 'erp/sales' | 'erp/shipments' | 'pricing/prices' | 'pricing/promotions' | 'crm/customers' | 'oms/orders';

export type SandboxSystem = 'pim' | 'erp' | 'pricing' | 'crm' | 'oms' | 'psp';

/** A payment as the payment provider's books have it, in minor units. */
export interface Charge {
  readonly intent: string;
  readonly status: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly amount: number;
  readonly capturable: number;
  readonly captured: number;
  readonly refunded: number;
}

export interface SandboxControl {
  readonly url: string;
  seed(options: { seed: number | string; products: number; onlyIfEmpty?: boolean }): Promise<Readonly<Record<string, unknown>>>;
  get(collection: SandboxCollection, id: string): Promise<SandboxRecord | undefined>;
  /** `query` holds levers such as `webhook=lose` or `commitAfterMs=500`. */
  put(collection: SandboxCollection, record: SandboxRecord, query?: string): Promise<void>;
  /** Up to 10,000 at once, all or none. */
  putAll(collection: SandboxCollection, records: readonly SandboxRecord[]): Promise<void>;
  remove(collection: SandboxCollection, id: string, query?: string): Promise<void>;
  /** Makes a system of record misbehave until `clearFaults`; see apps/sandbox/README.md. */
  addFault(system: SandboxSystem, fault: Readonly<Record<string, unknown>>): Promise<void>;
  clearFaults(system: SandboxSystem): Promise<void>;
  /** Calls since the last reset; first attempts are counted once per request id. */
  calls(system: SandboxSystem): Promise<{ total: number; firstAttempts: number }>;
  resetCalls(system: SandboxSystem): Promise<void>;
  /** The warehouse sends what is open of the sale with this reference. */
  ship(reference: string): Promise<void>;
  /** A token of the development issuer for this customer. */
  customerToken(customerId: string): Promise<string>;
  /** All payments that were ever tried. */
  charges(): Promise<Charge[]>;
  list(collection: SandboxCollection, options?: { limit?: number; after?: string }): Promise<{ items: SandboxRecord[]; total: number; next: string | null }>;
}

/** Without what is the system of record's to give. */
function own({ modifiedAt: _modifiedAt, version: _version, ...record }: SandboxRecord): Readonly<Record<string, unknown>> {
  return record;
}

export function sandboxControl(url: string): SandboxControl {
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const answer = await fetch(`${url}/_control/${path}`, {
      method,
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok && answer.status !== 404) throw new Error(`sandbox ${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
    return answer;
  };
  const one = (collection: SandboxCollection, id: string): string => `${collection}/${encodeURIComponent(id)}`;
  return {
    url,
    seed: async (options) => (await call('POST', 'seed', options)).json() as Promise<Readonly<Record<string, unknown>>>,
    get: async (collection, id) => {
      const answer = await call('GET', one(collection, id));
      const body = (await answer.json()) as SandboxRecord;
      return answer.status === 404 ? undefined : body;
    },
    put: async (collection, record, query = '') => {
      await (await call('PUT', `${one(collection, record.id)}${query === '' ? '' : `?${query}`}`, own(record))).body?.cancel();
    },
    putAll: async (collection, records) => void (await (await call('POST', collection, records.map(own))).body?.cancel()),
    remove: async (collection, id, query = '') => void (await (await call('DELETE', `${one(collection, id)}${query === '' ? '' : `?${query}`}`)).body?.cancel()),
    addFault: async (system, fault) => void (await (await call('POST', `${system}/faults`, fault)).body?.cancel()),
    clearFaults: async (system) => void (await (await call('DELETE', `${system}/faults`)).body?.cancel()),
    calls: async (system) => (await call('GET', `${system}/calls`)).json() as Promise<{ total: number; firstAttempts: number }>,
    resetCalls: async (system) => void (await (await call('DELETE', `${system}/calls`)).body?.cancel()),
    ship: async (reference) => void (await (await call('POST', 'erp/ship', { reference })).body?.cancel()),
    customerToken: async (customerId) => ((await (await call('POST', 'identity/token', { sub: customerId, customerId })).json()) as { token: string }).token,
    charges: async () => ((await (await call('GET', 'psp/charges')).json()) as { items: Charge[] }).items,
    list: async (collection, { limit, after } = {}) => {
      const query = new URLSearchParams({ ...(limit === undefined ? {} : { limit: String(limit) }), ...(after === undefined ? {} : { after }) });
      return (await call('GET', `${collection}?${query.toString()}`)).json() as Promise<{ items: SandboxRecord[]; total: number; next: string | null }>;
    },
  };
}
