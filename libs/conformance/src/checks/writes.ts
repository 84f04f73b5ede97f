/** What an adapter's effects (ADR 0018) have to keep at this vendor's system. Nothing is stored here: the effect's own code is what is judged. */
import { type Effect, type EffectCall, type EffectOutcome, idempotencyKeyOf, isNothingSent } from '@steward/adapter-kit';
import type { Stage } from '../stage/stage';
import type { Trial } from '../stage/trial';
import { once } from '../tap/levers';
import type { Lever, TapRequest } from '../tap/tap.client';
import type { Writing } from '../vendor-profile';

const readsOnly = 'reads only: a connector has no way to write';

/** Sent twice, because nobody knew better, it is there once. */
export async function writesAreIdempotent({ stage }: Trial): Promise<void | string> {
  return eachWriting(stage, async (writing, n, effect) => {
    for (let times = 0; times < 2; times += 1) expectDone(writing, await submit(effect, writing, n));
    await expectOnce(writing, n, 'sent twice');
  });
}

/** A write whose answer was lost, and one that never arrived: reading back tells them apart, or what is sent again does no harm. */
export async function unknownWritesAreReadBack({ stage }: Trial): Promise<void | string> {
  return eachWriting(stage, async (writing, n, effect) => {
    const { isWrite = ({ method }: TapRequest) => method !== 'GET' } = stage.options.profile;
    const ways: readonly (readonly [string, Lever])[] = [
      ['its answer was lost', (_request, pass) => pass().then(() => 'drop' as const)],
      ['it never arrived', () => 'drop'],
    ];
    for (const [index, [what, lever]] of ways.entries()) {
      const number = n + 1 + index;
      const cut = once(lever);
      stage.tap.play((request, pass) => (isWrite(request) ? cut(request, pass) : pass()));
      const thrown = await submit(effect, writing, number).then(() => undefined, (error: unknown) => error);
      stage.tap.play(undefined);
      if (thrown === undefined) throw new Error(`${writing.kind}: ${what}, and it was told as done`);
      if (isNothingSent(thrown)) throw new Error(`${writing.kind}: ${what}, and it was told as never sent`);
      const found = await effect.readBack(writing.request(number), { ...callOf(writing, number), answer: null });
      if (found.kind === 'absent') expectDone(writing, await submit(effect, writing, number));
      else expectDone(writing, found);
      await expectOnce(writing, number, what);
    }
  });
}

async function eachWriting(stage: Stage, judge: (writing: Writing, n: number, effect: Effect) => Promise<void>): Promise<void | string> {
  const { writes = [] } = stage.standIn;
  if (writes.length === 0) return readsOnly;
  const effects = stage.openEffects();
  for (const writing of writes) {
    const effect = effects.find(({ kind }) => kind === writing.kind);
    if (effect === undefined) throw new TypeError(`the adapter has no effect ${writing.kind}`);
    // Numbers that nothing else here is about.
    await judge(writing, stage.takeNumbers(10), effect);
  }
}

const submit = (effect: Effect, writing: Writing, n: number): Promise<EffectOutcome> => effect.submit(writing.request(n), callOf(writing, n));
const callOf = ({ kind, keyOf }: Writing, n: number): EffectCall => ({ key: keyOf(n), idempotencyKey: idempotencyKeyOf(kind, keyOf(n)), signal: AbortSignal.timeout(20_000) });

function expectDone({ kind }: Writing, outcome: EffectOutcome): void {
  if (outcome.kind === 'refused') throw new Error(`${kind}: refused, ${outcome.code} ${outcome.reason}`);
}

async function expectOnce({ kind, count }: Writing, n: number, what: string): Promise<void> {
  const times = await count(n);
  if (times !== 1) throw new Error(`${kind}: ${what}, and it is there ${times} times`);
}
