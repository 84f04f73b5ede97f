/**
 * C10, I7: every service is rolled as production rolls it (a successor beside it, ready first; then SIGTERM) while the storefront is read,
 * things are bought and systems of record change. Nobody notices: no request fails, no message is given up, none waits for its redelivery.
 */
import { rmSync } from 'node:fs';
import { durables, everyService } from '@steward/contracts';
import { oneOf, randomFrom } from '@steward/platform';
import { freePort } from '@steward/servers';
import { eventually } from '@steward/testing';
import { isReady } from '../clients/health.client';
import { placeOrder, preview } from '../clients/shopper.client';
import type { DatabaseOwner } from '../system/databases';
import { freePortPlan, type Ports } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import type { ServiceName } from '../system/services';
import { startSystem, type System } from '../system/system';
import { agreement, audit, auditRevisions, pendingOutbox, recordsOf, startLoad } from './rig.spec';
import { withDatabase } from './side-by-side.spec';

const seed = Number(process.env['STEWARD_FAULT_SEED'] ?? Date.now() % 1_000_000);
const about = `rolling restarts, STEWARD_FAULT_SEED=${seed}`;
const requestsPerSecond = 200;
const changesPerSecond = 30;
/** Every service once, and a second time those that hold messages or requests in their hands. */
const rolls: readonly ServiceName[] = ['pim', 'gateway-projector', 'gateway-api', 'erp', 'oms', 'operations', 'pricing', 'crm', 'reconciliation', 'gateway-projector', 'oms', 'gateway-api', 'erp', 'gateway-api'];
const owners: readonly DatabaseOwner[] = ['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway', 'operations', 'reconciliation'];
/** Of every durable; what is not given back at SIGTERM comes again after this. */
const ACK_WAIT_MS = 10_000;

/** Half of what a leaving storefront waits for whoever does not know yet. */
const LOOKS_WITHIN_MS = 125;

describe('rolling restarts', () => {
  const dataDir = scratchFolder('rolling');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', supervised: false });
    await system.sandbox.seed({ seed: 'rolling', products: 60 });
    await agreement(system, about);
    await auditRevisions(system);
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('C10 I7: fourteen restarts under load fail no request, give up no message and delay none by its redelivery', async () => {
    process.stdout.write(`${about}: ${rolls.join(' ')}\n`);
    const balancer = startBalancer(system.gatewayUrl);
    const records = await recordsOf(system);
    const storefront = startShoppers(balancer, records.products.filter(({ state }) => state === 'published').map(({ id }) => id), randomFrom(seed));
    const load = startLoad(system.sandbox, records, changesPerSecond, randomFrom(seed + 1));
    const began = new Date();
    let gateway = system.gatewayUrl;
    for (const name of rolls) {
      const answered = storefront.answered;
      const predecessor = system.process(name);
      const moved = await portsFor(name);
      await system.succeed(name, moved);
      if (moved.gateway !== undefined) balancer.add((gateway = `http://127.0.0.1:${String(moved.gateway)}`));
      await predecessor.stop();
      await eventually(() => storefront.answered > answered + requestsPerSecond / 2);
    }
    await load.stop();
    await storefront.stop();
    await balancer.stop();

    process.stdout.write(`${about}: ${String(storefront.answered)} requests, ${String(storefront.again)} asked again, ${String(storefront.orders)} orders, ${String(load.written)} changes\n`);
    expect(storefront.failures).toEqual([]);
    expect(storefront.orders).toBeGreaterThan(0);
    await agreement({ ...system, gatewayUrl: gateway }, about);
    await eventually(async () => (await pendingOutbox(system)) === 0);
    expect(await audit(system)).toMatchObject({ lowered: [], doubled: [], gaps: [], letters: [] });
    for (const owner of owners) expect([owner, await withDatabase(system, owner, async (client) => (await client.query(`select consumer, class, error from dead_letter where state = 'open'`)).rows)]).toEqual([owner, []]);
    const delayMs = await longestDelay(system, began);
    process.stdout.write(`${about}: longest way from outbox to read model ${String(delayMs)} ms\n`);
    expect(delayMs).toBeLessThan(ACK_WAIT_MS);
  }, 300_000);

  it('the release gate has heard of all of them: the same build may be rolled again, and another one is not known', async () => {
    const token = await operatorToken(system);
    const ask = async (path: string): Promise<Record<string, unknown>> => (await fetch(`${operationsOf(system)}/ops/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).json() as Promise<Record<string, unknown>>;
    await eventually(async () => {
      // Of each: what its processes have mounted is what its build says of itself.
      for (const service of everyService) expect([service, await ask(`/can-release?changes=${service}@development`)]).toEqual([service, expect.objectContaining({ answer: 'yes', missing: [], breaks: [] })]);
      return true;
    }, { everyMs: 500 });
    expect(await ask('/can-release?changes=pim@0.0.1')).toMatchObject({ answer: 'cannot-say' });
    expect(await ask('/can-retire?contract=product@1')).toMatchObject({ answer: 'no', breaks: [expect.objectContaining({ service: 'pim' })] });
  });
});

let desk: number | undefined;
const operationsOf = (system: System): string => (desk === undefined ? system.operationsUrl : `http://127.0.0.1:${String(desk)}`);

async function portsFor(name: ServiceName): Promise<Partial<Ports>> {
  const own = { [name]: await freePort() };
  if (name === 'gateway-api') return { ...own, gateway: await freePort() };
  return name === 'operations' ? { ...own, desk: (desk = await freePort()) } : own;
}

async function operatorToken(system: System): Promise<string> {
  const answer = await fetch(`${system.sandbox.url}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: 'ada', audience: 'operations', roles: ['viewer:*'] }) });
  return ((await answer.json()) as { token: string }).token;
}

interface Balancer {
  /** One that said lately that it is ready. */
  next: () => string;
  /** Whether it has looked within the time for which whoever leaves goes on answering; on a machine without a core to spare it has not. */
  hasLooked: () => boolean;
  add: (url: string) => void;
  stop: () => Promise<void>;
}

/** As an orchestrator sends requests: to whoever was ready when it looked last. */
function startBalancer(first: string): Balancer {
  const ready = new Set([first]);
  const known = new Set([first]);
  let turn = 0;
  let stopped = false;
  let lookedAt = performance.now();
  const look = async (): Promise<void> => {
    while (!stopped) {
      const began = performance.now();
      await Promise.all([...known].map(async (url) => ((await isReady(url)) ? ready.add(url) : ready.delete(url))));
      lookedAt = began;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const looking = look();
  return {
    next: () => [...ready][turn++ % ready.size] ?? first,
    hasLooked: () => performance.now() - lookedAt < LOOKS_WITHIN_MS,
    add: (url) => {
      known.add(url);
      ready.add(url);
    },
    stop: () => ((stopped = true), looking),
  };
}

interface Shoppers {
  answered: number;
  again: number;
  orders: number;
  readonly failures: string[];
  stop: () => Promise<void>;
}

/** Pages, lists and carts at a steady pace, whatever comes back; one in thirty buys. */
function startShoppers(balancer: Balancer, skus: readonly string[], random: () => number): Shoppers {
  const open = new Set<Promise<void>>();
  const shoppers: Shoppers = { answered: 0, again: 0, orders: 0, failures: [], stop: async () => undefined };
  let count = 0;
  const read = async (path: string): Promise<void> => {
    const answer = await fetch(`${balancer.next()}${path}`, { signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
    if (answer.status >= 400) throw new Error(`${path}: ${String(answer.status)}`);
  };
  const buy = async (sku: string): Promise<void> => {
    const { promise, shippingPromise } = await preview(balancer.next(), sku, 1);
    if (promise === null) return;
    const key = `rolling-shopper-${String((count += 1))}`;
    const { status, text } = await placeOrder(balancer.next(), { key, lines: [{ sku, quantity: 1, promise }], shippingPromise, email: `${key}@example.com`, card: 'pm_card_visa' }, 0);
    // Sold out or dearer by now is an answer, and so is one order too many in a minute.
    if (![201, 202, 409, 429].includes(status)) throw new Error(`POST /v1/orders: ${String(status)} ${text.slice(0, 200)}`);
    if (status < 300) shoppers.orders += 1;
  };
  const request = (): Promise<void> => {
    const sku = oneOf(random, skus);
    const dice = random();
    const ask = dice < 0.03 ? () => buy(sku) : () => read(dice < 0.1 ? '/v1/products?first=20' : `/v1/products/${encodeURIComponent(sku)}`);
    return ask().catch((error: unknown) => later(ask, error));
  };
  /** What no roll is to blame for is asked again: a core short, the storefront sheds (503), or the balancer did not get to look and nothing was sent. */
  const later = async (ask: () => Promise<void>, error: unknown): Promise<void> => {
    const refused = String((error as Error).cause ?? '').includes('ECONNREFUSED');
    if (!(refused ? !balancer.hasLooked() : / 503\b/.test(String(error)))) throw error;
    shoppers.again += 1;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await ask().catch((once: unknown) => later(ask, once));
  };
  let owed = 0;
  const timer = setInterval(() => {
    for (owed += requestsPerSecond / 50; owed >= 1; owed -= 1) {
      const asking: Promise<void> = request().then(
        () => void (shoppers.answered += 1),
        (error: unknown) => void shoppers.failures.push(`${String(error)} ${String((error as Error).cause ?? '')}`),
      ).finally(() => open.delete(asking));
      open.add(asking);
    }
  }, 20);
  shoppers.stop = async () => {
    clearInterval(timer);
    await Promise.all(open);
  };
  return shoppers;
}

interface Moment {
  readonly builds: string;
  readonly entity: string;
  readonly key: string;
  readonly revision: string;
  readonly at: Date;
}

const placeOf = ({ builds, entity, key }: Moment): string => `${builds} ${entity} ${key}`;

/**
 * How long a state of live traffic took at most, from the commit of its row until what the gateway builds had it or a newer one of its key, in
 * milliseconds. A stream keeps the newest of a key, so not every state is delivered; one that nothing newer stands in for either took for ever.
 */
async function longestDelay(system: System, since: Date): Promise<number> {
  const applied = await withDatabase(system, 'gateway', async (client) => (await client.query<Moment>(`select handler as builds, entity, key, revision, at from apply_journal where revision is not null`)).rows);
  const appliedAt = Map.groupBy(applied, placeOf);
  const reads = durables.filter(({ service }) => service === 'gateway').flatMap(({ builds, filterSubjects }) => filterSubjects.map((subject) => [builds, subject.replace('*', '%')] as const));
  let longest = 0;
  for (const owner of ['pim', 'erp', 'pricing', 'oms'] as const) {
    const sent = await withDatabase(system, owner, async (client) => (await client.query<Moment>(`
      select builds, entity, key, revision, created_at as at from outbox join unnest($2::text[], $3::text[]) as reads(builds, subjects) on subject like subjects
      where lane = 0 and created_at > $1 and revision is not null`, [since, reads.map(([builds]) => builds), reads.map(([, subjects]) => subjects)])).rows);
    expect([owner, sent.length]).not.toEqual([owner, 0]);
    for (const row of sent) longest = Math.max(longest, delayOf(row, appliedAt.get(placeOf(row)) ?? []));
  }
  return longest;
}

const delayOf = ({ revision, at }: Moment, applied: readonly Moment[]): number =>
  Math.min(...applied.filter((each) => BigInt(each.revision) >= BigInt(revision)).map((each) => each.at.getTime())) - at.getTime();
