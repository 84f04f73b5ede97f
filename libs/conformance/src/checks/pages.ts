import type { Page } from '@steward/adapter-kit';
import { eventually } from '@steward/testing';
import { Line } from '../stage/line';
import type { Scene } from '../stage/scene';
import { sameKeys } from './keys';

type Read = (cursor: string | null, signal: AbortSignal) => Promise<Page>;

interface Whole {
  readonly keys: readonly string[];
  /** The keys of each page. */
  readonly pages: readonly (readonly string[])[];
  readonly next: string | null;
  readonly totals: readonly number[];
}

const mostPages = 10_000;

async function readToEnd(scene: Scene, read: Read, from: string | null = null, afterFirst?: () => Promise<void>): Promise<Whole> {
  const feed = scene.feed();
  const { signal } = new AbortController();
  const pages: string[][] = [];
  const totals: number[] = [];
  let next = from;
  for (let more = true; more; ) {
    const page = await read(next, signal);
    if (page.more && page.next === next) throw new Error('a page says there is more and does not move on');
    pages.push(page.items.map((item) => feed.rawKeyOf(item) ?? '(no key)'));
    if (page.total !== undefined) totals.push(page.total);
    if (pages.length === 1) await afterFirst?.();
    if (pages.length > mostPages) throw new Error(`no end after ${mostPages} pages`);
    ({ next, more } = page);
  }
  return { keys: pages.flat(), pages, next, totals };
}

/** Nothing is left out or shown twice, whatever is changed while it is read; reads by key show what there is and nothing else. */
export async function pagesAreComplete(scene: Scene): Promise<void> {
  await allIsComplete(scene);
  await changesAreComplete(scene);
  await byKeysIsExact(scene);
}

async function allIsComplete(scene: Scene): Promise<void> {
  const { things } = scene;
  const feed = scene.feed();
  const still = await readToEnd(scene, feed.all);
  sameKeys(still.keys, scene.keys());
  if (still.pages.length < 3) throw new Error(`all things fit on ${still.pages.length} pages: the profile needs enough for three`);
  if (still.totals.some((total) => total !== things.count)) throw new Error(`the total is told as ${still.totals.join(', ')}, there are ${things.count}`);
  // Of the page that was read and of those to come.
  const moved = await readToEnd(scene, feed.all, null, () => scene.change(1, things.count));
  sameKeys(moved.keys, scene.keys());
}

async function changesAreComplete(scene: Scene): Promise<void> {
  const { things } = scene;
  const feed = scene.feed();
  const still = await readToEnd(scene, feed.changes);
  sameKeys([...new Set(still.keys)], scene.keys());
  const [shown = ''] = still.pages[0] ?? [];
  const number = Array.from({ length: things.count }, (_, index) => index + 1).find((n) => things.keyOf(n) === shown) ?? 1;
  const moved = await readToEnd(scene, feed.changes, null, () => scene.change(number));
  sameKeys([...new Set(moved.keys)], scene.keys());
  const rest = await readToEnd(scene, feed.changes, moved.next);
  if (![...moved.pages.slice(1).flat(), ...rest.keys].includes(shown)) throw new Error(`${shown} changed while its page was read, and was not shown again`);
}

async function byKeysIsExact(scene: Scene): Promise<void> {
  const { things } = scene;
  const feed = scene.feed();
  const known = [1, 2, things.count].map(things.keyOf);
  const items = await feed.byKeys([...known, things.keyOf(things.count + 1)], new AbortController().signal);
  sameKeys(items.map((item) => feed.rawKeyOf(item) ?? '(no key)'), new Set(known));
  // ADR 0027: an edit of a record is told from a change of its translation by what `wire` leaves of it, however it was read.
  const record = (item: unknown): string => JSON.stringify(feed.wire.parse(item));
  const paged = new Map<string | undefined, unknown>();
  for (let page = await feed.all(null, new AbortController().signal); ; page = await feed.all(page.next, new AbortController().signal)) {
    for (const item of page.items) paged.set(feed.rawKeyOf(item), item);
    if (!page.more) break;
  }
  const other = items.find((item) => record(item) !== record(paged.get(feed.rawKeyOf(item))));
  if (other !== undefined) throw new Error(`${feed.rawKeyOf(other) ?? ''} read by key is ${record(other).slice(0, 300)}, on a page ${record(paged.get(feed.rawKeyOf(other))).slice(0, 300)}`);
}

/** What was stamped before the cursor and appears behind it is in the overlap: the cursor can be moved back. */
export async function overlapIsRead(scene: Scene): Promise<void> {
  const feed = scene.feed();
  const { next } = await readToEnd(scene, feed.changes);
  if (next === null) throw new Error('the end of the changes has no cursor');
  const again = await readToEnd(scene, feed.changes, feed.rewind(next, 24 * 3_600_000));
  sameKeys([...new Set(again.keys)], scene.keys());
}

/** Imports everything, then each change and nothing else. */
export async function changesAreAnnounced(scene: Scene): Promise<void> {
  const line = await Line.open(scene);
  line.start();
  await line.agrees();
  const imported = (await line.outbox()).length;
  if (imported !== scene.things.count) throw new Error(`${scene.things.count} things were announced ${imported} times`);
  await line.follows(2, 3);
  await line.follows(2);
  const announced = (await line.outbox()).length - imported;
  if (announced !== 3) throw new Error(`three changes were announced ${announced} times`);
}

/** A hard delete, and the thing's return. What the contract never lets disappear is a case for its owner, and stays announced. */
export async function deletionsAreFound(scene: Scene): Promise<void> {
  const line = await Line.open(scene);
  line.start();
  await line.agrees();
  const key = scene.things.keyOf(2);
  await scene.remove(2);
  if (scene.contract.guard.delete.max === 0) {
    await eventually(async () => (await line.heldDeletions()).includes(key), scene.stage.patience);
    if ((await line.announced()).get(key)?.gone !== false) throw new Error(`${key} is held for its owner, and announced as deleted`);
    await line.follows(2);
    return;
  }
  await eventually(async () => (await line.announced()).get(key)?.gone === true, scene.stage.patience);
  await line.follows(2);
  await line.agrees();
  const tombstones = (await line.outbox()).filter(({ tombstone }) => tombstone).map((row) => row.key);
  if (tombstones.join() !== key) throw new Error(`announced as deleted: ${tombstones.join(', ')}; deleted was ${key}`);
}

/** O7: the cursor is all that the next process has; one that is killed in the middle of its import leaves a page in the air. */
export async function resumesAfterKill(scene: Scene): Promise<void> {
  for (const name of ['changes', 'all'] as const) {
    const pageByPage = await readToEnd(scene, (cursor, signal) => scene.feed()[name](cursor, signal));
    sameKeys([...new Set(pageByPage.keys)], scene.keys());
  }
  const line = await Line.open(scene);
  const killed = line.start();
  await killed.holdPage(3);
  await eventually(async () => (await line.outbox()).length > 0);
  await killed.kill();
  const next = line.start();
  await eventually(() => next.begunAt() !== undefined);
  killed.release();
  await line.agrees();
  if (typeof next.begunAt() !== 'string') throw new Error('the next process began from the beginning');
  const announced = (await line.outbox()).length;
  if (announced !== scene.things.count) throw new Error(`${scene.things.count} things were announced ${announced} times`);
}

/** Read again by a process that remembers nothing, in every way there is. */
export async function samePageIsNoChange(scene: Scene): Promise<void> {
  const line = await Line.open(scene);
  const first = line.start();
  await line.agrees();
  await first.kill();
  const before = (await line.outbox()).length;
  const { ended } = line.start();
  await eventually(() => ended.all >= 4 && ended.changes >= 4, scene.stage.patience);
  const after = (await line.outbox()).length;
  if (after !== before) throw new Error(`${after - before} things were announced again, unchanged`);
}
