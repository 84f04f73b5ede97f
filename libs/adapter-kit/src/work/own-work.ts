import { type DeclaredRetention, type FlowBoard, type FlowSwitch, type Lease, retireAll, retireEveryMs } from '@steward/event-bus';
import type { Shutdown } from '@steward/platform';
import { effectRetention } from '../effect/effect.retention';
import { EffectRunner } from '../effect/effect-runner';
import { type LeasedLoop, startLeasedLoops } from '../loop/leased-loops';
import type { Adapter, AdapterContext } from '../service/define-adapter';

interface OwnWorkOptions {
  readonly lease: Lease;
  readonly shutdown: Shutdown;
  readonly flowSwitch: FlowSwitch;
  readonly board: FlowBoard;
  /** What must be known before anything is announced. */
  readonly after: Promise<void>;
}

/** Effects and loops, from when they may announce what follows from them; drained before the relay, which still sends it. */
export function startWork(adapter: Adapter, context: AdapterContext, { lease, shutdown, flowSwitch, board, after }: OwnWorkOptions): void {
  const { env, clock, logger, database } = context;
  const effects = adapter.effects?.(context) ?? [];
  const runner = effects.length === 0 ? undefined : new EffectRunner({ service: adapter.name, effects, flowSwitch, database, databaseUrl: env.DATABASE_URL, clock, logger });
  if (runner) board.add(runner.flows());
  let stopLoops: (() => Promise<void>) | undefined;
  const started = after.then(async () => {
    if (shutdown.signal.aborted) return;
    stopLoops = startLeasedLoops({ loops: [...(adapter.loops ?? []), retiring([...(runner ? [effectRetention] : []), ...(adapter.retentions ?? [])])], context, lease, clock, logger });
    await runner?.start();
  });
  // Outside any promise, so that it ends the process: without its effects a service is none.
  started.catch((error: unknown) => setImmediate(() => { throw error; }));
  shutdown.onDrain('effects', async () => {
    await started.catch(() => undefined);
    await runner?.stop();
  });
  shutdown.onDrain('loops', () => stopLoops?.());
}

const retiring = (retentions: readonly DeclaredRetention[]): LeasedLoop<AdapterContext> => ({
  name: 'rows beyond their retention',
  everyMs: retireEveryMs,
  run: (context, signal) => retireAll(context, retentions, signal),
});
