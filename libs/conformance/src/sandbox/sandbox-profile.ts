/** The sandbox process, as what stands in for the vendor of every `sandbox` connector. */
import { startSandbox } from '@steward/testing';
import type { Thing, Things, VendorProfile, Writing } from '../vendor-profile';
import { control, list } from './sandbox.client';

type List = (collection: `${string}/${string}`) => Promise<readonly Readonly<Record<string, unknown>>[]>;

export interface SandboxThings {
  /** `<system>/<collection>`, as in the sandbox's addresses. */
  readonly collection: `${string}/${string}`;
  /** The sandbox's id of the n-th record, and the key under which it is announced. */
  readonly keyOf: (n: number) => string;
  readonly record: (thing: Thing) => object;
  /** Whether what the records name need not be there. */
  readonly unchecked?: boolean;
}

const token = 'conformance-sandbox-token';
/** The connector's pages hold 500. */
const count = 1_100;

/** Puts records into a collection that nothing else here is about, whatever they name. */
type Plant = (collection: `${string}/${string}`, records: readonly object[]) => Promise<void>;

/** `writes` are made for a sandbox at this address; `list` gives all records of a collection. */
export function sandboxProfile(entities: Readonly<Record<string, SandboxThings>>, writes?: (list: List, plant: Plant) => readonly Writing[] | Promise<readonly Writing[]>): VendorProfile {
  return {
    start: async () => {
      const { url, stop } = await startSandbox({ token });
      const plant: Plant = (collection, records) => control('POST', `${url}/_control/${collection}?unchecked=true`, records);
      const made = await writes?.((collection) => list(url, collection), plant);
      return { url, stop, ...(made ? { writes: made } : {}), things: Object.fromEntries(Object.entries(entities).map(([entity, things]) => [entity, thingsAt(url, things)])) };
    },
    // What is not read tells nothing by webhooks.
    settings: (url) => ({ STEWARD_SANDBOX_URL: url, STEWARD_SANDBOX_TOKEN: token, ...(Object.keys(entities).length === 0 ? {} : { STEWARD_SANDBOX_WEBHOOK_SECRET: 'conformance-webhook-secret' }) }),
    empty: () => ({ items: [], next: null, hasMore: false, total: 0 }),
    truncated: (answer) => {
      const page = answer as { items: unknown[] };
      return { ...page, items: page.items.slice(0, page.items.length / 2), next: null, hasMore: false };
    },
    lacks: [
      'Tell of a deletion a second time: records vanish without a trace, so one whose webhook is lost is found by the next full pass.',
      'Show changes in the order in which they were committed: what appears behind the cursor is found by the overlap (a minute).',
    ],
  };
}

function thingsAt(url: string, { collection, keyOf, record, unchecked = false }: SandboxThings): Things {
  const place = `${url}/_control/${collection}`;
  const one = (n: number): string => `${place}/${encodeURIComponent(keyOf(n))}`;
  return {
    count,
    keyOf,
    put: (things) => control('POST', unchecked ? `${place}?unchecked=true` : place, things.map((thing) => ({ ...record(thing), id: keyOf(thing.n) }))),
    malform: (n) => control('PUT', `${one(n)}?unchecked=true`, Object.fromEntries(Object.keys(record({ n, edition: 1 })).map((name) => [name, { malformed: true }]))),
    remove: (n) => control('DELETE', one(n)),
  };
}
