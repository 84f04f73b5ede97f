import type { Feed, HttpLimits } from '@steward/adapter-kit';
import { RejectedError, StewardError } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { Scene } from '../stage/scene';
import { answering, once, withBody } from '../tap/levers';
import type { Lever } from '../tap/tap.client';

type Call = (feed: Feed, signal: AbortSignal) => Promise<unknown>;

/** Every way in which the kit asks a connector. */
const callsOf = (scene: Scene): Readonly<Record<string, Call>> => ({
  changes: async (feed, signal) => (await feed.changes(null, signal)).items.length,
  all: async (feed, signal) => (await feed.all(null, signal)).items.length,
  byKeys: async (feed, signal) => (await feed.byKeys([scene.things.keyOf(1), scene.things.keyOf(2)], signal)).length,
});

const retryAfterSeconds = 1;
/** A timer may ring a moment early by the other clock. */
const toleranceMs = 50;
/** Nothing is tried twice: what is judged is how the first failure is told. */
const atOnce: Partial<HttpLimits> = { retryBucket: 0 };

/** R2: nothing is sent before the time the system named, and then it goes on as if nothing had been. */
export async function honoursRetryAfter(scene: Scene): Promise<void> {
  const { tap } = scene.stage;
  for (const [name, call] of Object.entries(callsOf(scene))) {
    const { signal } = new AbortController();
    const feed = scene.feed();
    const undisturbed = await call(feed, signal);
    const from = tap.requests.length;
    let limitedAt = 0;
    tap.play(once(() => ((limitedAt = performance.now()), answering(429, 'slow down', { 'retry-after': String(retryAfterSeconds) }))));
    const answer = await call(feed, signal);
    tap.play(undefined);
    const early = tap.requests.slice(from).find(({ at }) => at > limitedAt && at < limitedAt + retryAfterSeconds * 1_000 - toleranceMs);
    if (early) throw new Error(`${name}: sent ${Math.round(early.at - limitedAt)} ms after a 429 that asked for ${retryAfterSeconds} s`);
    if (answer !== undisturbed) throw new Error(`${name}: ${String(answer)} items after a 429, ${String(undisturbed)} without`);
  }
}

/** A hanging system is told by its code, and a caller that gives up is let go. */
export async function tellsTimeouts(scene: Scene): Promise<void> {
  const { tap } = scene.stage;
  for (const [name, call] of Object.entries(callsOf(scene))) {
    tap.play(() => 'hang');
    await expectCode(scene, `${name}, no answer`, ['SOURCE_TIMEOUT'], () => call(scene.feed({ ...atOnce, attemptMs: 250 }), new AbortController().signal));
    const given = new AbortController();
    const from = tap.requests.length;
    const ended = expectCode(scene, `${name}, given up`, ['SOURCE_ABORTED'], () => call(scene.feed(), given.signal));
    await eventually(() => tap.requests.length > from);
    given.abort();
    await ended;
    tap.play(undefined);
  }
}

const broken: Readonly<Record<string, { readonly lever: Lever; readonly codes?: readonly string[] }>> = {
  'status 500': { lever: () => answering(500, 'no'), codes: ['SOURCE_UNAVAILABLE'] },
  'a dropped connection': { lever: () => 'drop', codes: ['SOURCE_UNAVAILABLE'] },
  'status 401': { lever: () => answering(401, '{}') },
  'a refusal that quotes the request': { lever: ({ headers, body }) => answering(403, JSON.stringify({ denied: body === '' ? headers : body })) },
  'status 404': { lever: () => answering(404, '{}') },
  'a page of HTML under 200': { lever: () => answering(200, '<html>maintenance</html>'), codes: ['SOURCE_MALFORMED'] },
  'an answer cut in the middle': { lever: withBody((body) => body.slice(0, body.length / 2)), codes: ['SOURCE_MALFORMED'] },
  'an answer of another shape': { lever: () => answering(200, '"ok"'), codes: ['SOURCE_MALFORMED'] },
};

/** None of them may pass for "nothing there". */
export async function tellsFailures(scene: Scene): Promise<void> {
  for (const [name, call] of Object.entries(callsOf(scene))) {
    for (const [what, { lever, codes }] of Object.entries(broken)) {
      scene.stage.tap.play(lever);
      await expectCode(scene, `${name}, ${what}`, codes, () => call(scene.feed(atOnce), new AbortController().signal));
    }
    scene.stage.tap.play(undefined);
  }
}

async function expectCode(scene: Scene, what: string, codes: readonly string[] | undefined, call: () => Promise<unknown>): Promise<void> {
  const error = await call().then(
    (answer) => new Error(`${what}: taken for an answer with ${String(answer)} items`),
    (thrown: unknown) => thrown,
  );
  scene.stage.evidence.logger.warn({ err: error }, what);
  if (!(error instanceof StewardError || error instanceof RejectedError)) throw error;
  if (codes !== undefined && !codes.includes(error.code)) throw new Error(`${what}: told as ${error.code}, not as ${codes.join(' or ')}`);
}
