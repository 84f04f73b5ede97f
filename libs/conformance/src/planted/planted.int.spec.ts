/** T3: a suite that can't fail proves nothing. Each fault that a connector may have turns its line red. */
import type { Adapter, Page } from '@steward/adapter-kit';
import { z } from 'zod';
import type { CheckName } from '../checks/checks';
import { checkNames, render, score } from '../sheet/sheet';
import { startTracing, type Tracing } from '../stage/tracing';
import { openTrial, type Trial } from '../stage/trial';
import { profile, type SaleEffect, shop, type Till, variables } from './shop.fixture.spec';

const swallow = (): Page => ({ items: [], next: '[0,0]', more: false });

/** A client of its own, which takes no notice of what the kit's knows. */
async function stubborn(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  return answer.status === 429 ? stubborn(url, init) : answer;
}

/** Believes that what the last full pass showed is all there is. */
const forgetful = (): Adapter =>
  shop((feed) => {
    let shown: unknown[] = [];
    return {
      all: async (after, signal) => {
        const { total: _total, ...page } = await feed.all(after, signal);
        shown = after === null ? [...page.items] : [...shown, ...page.items];
        return page;
      },
      byKeys: async (keys) => shown.filter((item) => keys.includes(feed.rawKeyOf(item) ?? '')),
    };
  });

const selling = (spoil: (sale: SaleEffect, till: Till) => Partial<SaleEffect>): Adapter => shop(undefined, variables, spoil);

interface Plant {
  readonly fault: string;
  readonly red: CheckName;
  /** A part of the reason that the line gives. */
  readonly says: string;
  readonly adapter: Adapter;
  /** A check that has to run before this one has anything to judge. */
  readonly first?: CheckName;
}

const plants: readonly Plant[] = [
  {
    fault: 'a variable that takes anything',
    red: 'bad settings are refused by name, all at once',
    says: 'SHOP_URL takes what is no address',
    adapter: shop(undefined, { ...variables, SHOP_URL: z.string().describe('where the shop listens') }),
  },
  {
    fault: 'a skipped page',
    red: 'pages are complete and stable while things change',
    says: 'missing: S-111@main',
    adapter: shop((feed) => ({ all: async (after, signal) => ((page) => (after === null ? page : feed.all(page.next, signal)))(await feed.all(after, signal)) })),
  },
  {
    fault: 'a cursor by date alone',
    red: 'pages are complete and stable while things change',
    says: 'missing: S-112@main',
    adapter: shop((feed) => ({ changes: async (cursor, signal) => ((page) => ({ ...page, next: page.next.replace(/,\d+]/, ',999999]') }))(await feed.changes(cursor, signal)) })),
  },
  {
    fault: 'a record that looks otherwise when it is read by key',
    red: 'pages are complete and stable while things change',
    says: 'read by key is',
    adapter: shop((feed) => ({ byKeys: async (keys, signal) => (await feed.byKeys(keys, signal)).map((item) => ({ ...(item as object), changedAt: 0 })) })),
  },
  {
    fault: 'a cursor kept in memory',
    red: 'a killed process is resumed: nothing lost, nothing twice',
    says: 'does not move on',
    adapter: shop((feed) => {
      let at: string | null = null;
      return { changes: async (_cursor, signal) => ((page) => ((at = page.next), page))(await feed.changes(at, signal)) };
    }),
  },
  {
    fault: 'a cursor that can’t be moved back',
    red: 'what appears behind the cursor is read again',
    says: 'missing: S-101@main',
    adapter: shop(() => ({ rewind: (cursor) => cursor })),
  },
  {
    fault: 'a swallowed error',
    red: 'a failure is told, never taken for an empty answer',
    says: 'changes, status 500: taken for an answer',
    adapter: shop((feed) => ({ changes: (cursor, signal) => feed.changes(cursor, signal).catch(swallow) })),
  },
  {
    fault: 'a swallowed time-out',
    red: 'a time-out is told as one',
    says: 'byKeys, no answer: taken for an answer',
    adapter: shop((feed) => ({ byKeys: (keys, signal) => feed.byKeys(keys, signal).catch(() => []) })),
  },
  {
    fault: 'a client of its own that tries again at once',
    red: '429 is honoured',
    says: 'ms after a 429',
    adapter: shop((feed, { env }) => ({
      all: async (after, signal) => {
        const authorization = `Basic ${Buffer.from(`shop:${env.SHOP_TOKEN}`).toString('base64')}`;
        await stubborn(`${env.SHOP_URL}/stock?key=`, { headers: { authorization }, signal });
        return feed.all(after, signal);
      },
    })),
  },
  {
    fault: 'a deletion that the system denies',
    red: 'a hard delete is found',
    says: 'gone === true',
    adapter: shop((feed) => {
      const remembered = new Map<string, unknown>();
      return { byKeys: async (keys, signal) => (await feed.byKeys(keys, signal)).concat(keys.flatMap((key) => remembered.get(key) ?? [])), rawKeyOf: (raw) => ((key) => (remembered.set(key, raw), key))((raw as { key: string }).key) };
    }),
  },
  {
    fault: 'a translation that is never the same',
    red: 'the same page twice is no change',
    says: 'announced again, unchanged',
    adapter: shop((feed) => ({ translate: (item) => ({ ...(feed.translate(item) as object), safetyStock: Math.floor(performance.now()) }) })),
  },
  {
    fault: 'a record in words that the contract does not have',
    first: 'a hard delete is found',
    red: 'every output is valid by its contract',
    says: '/colour is not a field',
    adapter: shop((feed) => ({ translate: (item) => ({ ...(feed.translate(item) as object), colour: 'red' }) })),
  },
  {
    fault: 'no total, and reads by key that ask nobody',
    red: 'a truncated page deletes nothing',
    says: 'announced as deleted',
    adapter: forgetful(),
  },
  {
    fault: 'a stamp that stays when the record changes',
    red: 'each change is announced once',
    says: 'changed at the system and not announced: S-102@main',
    adapter: shop(() => ({ versionOf: (item) => (item as { version: number }).version, stampOf: () => 'always' })),
  },
  {
    fault: 'a broken record that is left out',
    red: 'a malformed record becomes a dead letter',
    says: 'dead letters: none',
    adapter: shop((feed) => {
      const sound = (page: Page): Page => ({ ...page, items: page.items.filter((item) => feed.wire.safeParse(item).success) });
      return { changes: async (cursor, signal) => sound(await feed.changes(cursor, signal)), all: async (after, signal) => sound(await feed.all(after, signal)) };
    }),
  },
  {
    fault: 'a write that does not look whether it was done',
    red: 'a write is idempotent',
    says: 'sale: sent twice, and it is there 2 times',
    adapter: selling((_sale, { sell }) => ({ submit: ({ reference }, { signal }) => sell(reference, signal) })),
  },
  {
    fault: 'a read back that finds nothing',
    red: 'a write of unknown outcome is read back',
    says: 'sale: its answer was lost, and it is there 2 times',
    adapter: selling((_sale, { sell }) => ({ submit: ({ reference }, { signal }) => sell(reference, signal), readBack: async () => ({ kind: 'absent' }) })),
  },
  {
    fault: 'a write that takes a failure for an answer',
    red: 'a write of unknown outcome is read back',
    says: 'sale: its answer was lost, and it was told as done',
    adapter: selling((sale) => ({ submit: (request, call) => sale.submit(request, call).catch(() => ({ kind: 'confirmed', answer: null })) })),
  },
  {
    fault: 'a read back that believes what was sent',
    red: 'a write of unknown outcome is read back',
    says: 'sale: it never arrived, and it is there 0 times',
    adapter: selling(() => ({ readBack: async () => ({ kind: 'confirmed', answer: null }) })),
  },
  {
    fault: 'a secret in a log',
    first: 'what appears behind the cursor is read again',
    red: 'no secret in logs or spans',
    says: 'signed in as «secret»',
    adapter: shop((_feed, { env, logger }) => (logger.info(`signed in as ${Buffer.from(`shop:${env.SHOP_TOKEN}`).toString('base64')}`), {})),
  },
];

describe('the conformance suite', () => {
  let tracing: Tracing;
  let trial: Trial | undefined;

  beforeAll(async () => {
    tracing = await startTracing();
  });
  afterEach(async () => {
    await trial?.stage.close();
    trial = undefined;
  });
  afterAll(() => tracing.close());

  const open = async (adapter: Adapter, patienceMs?: number): Promise<Trial> => (trial = await openTrial({ adapter, vendor: 'shop', profile, tracing, ...(patienceMs === undefined ? {} : { patienceMs }) }));

  it('passes a sound connector in every line', async () => {
    const sound = await open(shop());
    const lines = [];
    for (const check of checkNames) lines.push(await score(sound, check));
    expect(lines.filter(({ result }) => result === 'failed')).toEqual([]);
    const sheet = render('erp: shop', lines, profile.lacks);
    expect(sheet).toContain('17 passed, 0 failed, 0 can’t, 0 n/a');
    expect(sheet).toContain('\nWhat its system can’t do:\n\n- Sell on Sundays.\n');
  });

  it('passes nobody in what it does not do', async () => {
    const sound = shop();
    const { shop: connector } = sound.connectors;
    if (connector === undefined) throw new Error('the shop is closed');
    const writing = await open({ ...sound, connectors: { shop: { ...connector, open: (context) => ({ ...connector.open(context), feeds: [] }) } } });
    const results = new Map<string, string>();
    for (const check of checkNames) results.set(check, (await score(writing, check)).result);
    expect([...results].filter(([, result]) => result !== 'n/a')).toEqual(
      ['bad settings are refused by name, all at once', 'a write is idempotent', 'a write of unknown outcome is read back', 'no secret in logs or spans'].map((check) => [check, 'passed']),
    );
  });

  it('gives a vendor’s reason for what its system can’t do, and takes none for what is no check', async () => {
    const excused = (cannot: Record<string, string>): Promise<Trial> => openTrial({ adapter: shop(), vendor: 'shop', profile: { ...profile, cannot }, tracing });
    trial = await excused({ 'a hard delete is found': 'records are archived' });
    const excuse = await score(trial, 'a hard delete is found');
    expect(excuse).toEqual({ check: 'a hard delete is found', result: 'can’t', reason: 'records are archived' });
    expect(render('erp: shop', [excuse], [])).toContain('0 passed, 0 failed, 1 can’t, 0 n/a');
    await trial.stage.close();
    trial = await excused({ 'a hard deletion': 'misspelt' });
    await expect(score(trial, 'a hard delete is found')).rejects.toThrow('the profile excuses what is no check: a hard deletion');
  });

  it.each(plants)('T3: $fault turns "$red" red', async ({ red, says, adapter, first }) => {
    const spoiled = await open(adapter, 2_000);
    if (first !== undefined) await score(spoiled, first);
    const { result, reason } = await score(spoiled, red);
    expect({ result, reason }).toEqual({ result: 'failed', reason: expect.stringContaining(says) as string });
  });
});
