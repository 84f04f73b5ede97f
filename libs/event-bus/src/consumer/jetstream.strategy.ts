/**
 * The consumer side as a Nest transport: Nest starts it with the microservices and closes it before the databases (stack: order at
 * shutdown), everything between is this library's. Messages don't go through Nest's pattern handlers: batches go straight to the gate.
 */
import { type Catalogue, durables as allDurables, type DurableDeclaration, type StreamDeclaration, streams as allStreams } from '@steward/contracts';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type Clock, type Database, type Logger, type Readiness, StewardError } from '@steward/platform';
import type { Broker } from '../broker';
import { failProcess } from '../broker/fail-process';
import { missingWithinMsByDefault } from '../broker/stream-watch';
import { type Flow, promiseOf } from '../flow/flow-board';
import type { FlowSwitch } from '../flow/flow-switch';
import { Rate } from '../flow/rate';
import { countOpen } from '../dead-letter/dead-letter.store';
import type { Handler, Projection } from './declarations';
import { defaultBudget, type RetryBudget } from './failure';
import { createPruner, type Keep, retentionOf } from './gate/retention';
import { createMeter, deadLettersOpen } from './telemetry/meter';
import { doneWithin } from './pull/done-within';
import { type Floor, Progress } from './pull/progress';
import { PullLoop } from './pull/pull-loop';
import { sweep } from './held/sweep';
import type { Work } from './work';

export interface StrategyOptions {
  readonly service: string;
  readonly broker: Broker;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly projections: readonly Projection[];
  readonly handlers: readonly Handler[];
  readonly readiness: Pick<Readiness, 'add'>;
  /** T4: true only with STEWARD_MODE=test. */
  readonly journal?: boolean;
  readonly budget?: RetryBudget;
  readonly heldForMs?: number;
  /** The topology; a test passes a smaller one. */
  readonly durables?: readonly DurableDeclaration[];
  readonly streams?: readonly StreamDeclaration[];
  /** What this build knows of contracts; a test adds majors to it. */
  readonly catalogue?: Catalogue;
  /** O6: how long rows are kept, where the contract doesn't say; refused when shorter than the longest replay. */
  readonly keep?: Keep;
  /** B7: how long a durable or its stream may be missing until the process ends with a code. */
  readonly missingWithinMs?: number;
  /** B2: how long messages may be pending without one being delivered until the durable is bound anew. */
  readonly stuckAfterMs?: number;
  /** C10: how long `close` waits for what is in hand. */
  readonly closeWithinMs?: number;
  /** For who keeps books and answers nobody: how long messages wait for others to share their transaction. */
  readonly gatherMs?: number;
  /** What the first message has to wait for; must not fail. */
  readonly after?: Promise<void>;
  /** What of this service is paused; without it nothing ever is. */
  readonly flowSwitch?: Pick<FlowSwitch, 'pauseOf' | 'onChange'>;
  /** Instead of ending the process. */
  readonly onFatal?: (error: StewardError) => void;
}

const sweepEveryMs = 5_000;
const heldForMsByDefault = 60 * 60_000;
/** Three heartbeats. */
const stuckAfterMsByDefault = 15_000;
const closeWithinMsByDefault = 10_000;

export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  readonly #progress = new Progress();
  readonly #works: Work[];
  readonly #loops: PullLoop[];
  readonly #rates = new Map<string, Rate>();
  readonly #unsubscribe: () => void;
  readonly #stop = new AbortController();
  readonly #prune: () => Promise<void>;
  #sweeping: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #wake: () => void = () => undefined;

  constructor(private readonly options: StrategyOptions) {
    super();
    this.#works = worksOf(options);
    this.#prune = createPruner(options, retentionOf(this.#works, options.streams ?? allStreams, options.keep));
    const { missingWithinMs = missingWithinMsByDefault, stuckAfterMs = stuckAfterMsByDefault, onFatal = failProcess, flowSwitch, gatherMs = 0 } = options;
    this.#loops = this.#works.map((work) => {
      const flow = this.#flowOf(work);
      const rate = this.#rates.get(flow) ?? new Rate();
      this.#rates.set(flow, rate);
      const pausedSince = (): Date | undefined => flowSwitch?.pauseOf(flow)?.since;
      return new PullLoop(options.broker, work, this.#progress, { missingWithinMs, stuckAfterMs, gatherMs, onFatal, pausedSince, rate, wakeSweep: () => this.#wake() });
    });
    this.#unsubscribe = flowSwitch?.onChange(() => this.#loops.forEach((loop) => loop.pausedChanged())) ?? (() => undefined);
    for (const [index, loop] of this.#loops.entries()) {
      const work = this.#works[index] as Work;
      options.readiness.add(`consumer ${work.consumer}@${work.stream}`, () => loop.notReady());
    }
  }

  listen(callback: () => void): void {
    const begin = (): void => {
      if (this.#stop.signal.aborted) return;
      for (const loop of this.#loops) loop.start();
      this.#sweeping = this.#sweepLoop();
    };
    if (this.options.after === undefined) begin();
    else void this.options.after.then(begin);
    callback();
  }

  /** May be called before Nest does, by who wants to send what the last messages have written. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    this.#wake();
    const { closeWithinMs = closeWithinMsByDefault, logger } = this.options;
    const swept = doneWithin(closeWithinMs, this.#sweeping);
    await Promise.all(this.#loops.map((loop) => loop.stop(closeWithinMs)));
    if (!(await swept)) logger.error({ withinMs: closeWithinMs }, 'the sweep of waiting messages was not finished in time: it goes on at the next start');
  }

  on(): void {
    throw new TypeError('JetStreamStrategy has no events: its state is in readiness and metrics');
  }

  unwrap<T>(): T {
    return this.options.broker.nc as T;
  }

  /** O8: how far `builds` has come in `stream`, or undefined while that is not known. */
  ackFloor(builds: string, stream: string): Floor | undefined {
    return this.#progress.floor(`${this.options.service}-${builds}`, stream);
  }

  /** How many deliveries to `builds` were acknowledged before this process took any; undefined until it is bound. */
  acknowledgedBefore(builds: string, stream: string): number | undefined {
    return this.#progress.acknowledgedBefore(`${this.options.service}-${builds}`, stream);
  }

  /** The parts that redrive needs: with what each consumer applies its messages. */
  works(): readonly Work[] {
    return this.#works;
  }

  /** What consumers build, as flows that can be paused: several durables may feed one of them. */
  flows(): readonly Flow[] {
    return [...this.#rates].map(([flow, rate]): Flow => {
      const loops = this.#loops.filter((_loop, index) => this.#flowOf(this.#works[index] as Work) === flow);
      const contracts = this.#works.filter((work) => this.#flowOf(work) === flow).flatMap(({ projections, handlers }) => [...projections.values(), ...handlers.values()].map(({ contract }) => contract));
      const entities = new Set(contracts.map(({ entity }) => entity));
      const promises = contracts.map(promiseOf).filter((each) => each !== null);
      return {
        flow, kind: 'consumer', entity: entities.size === 1 ? ([...entities][0] ?? null) : null, connector: null, promiseMs: promises.length === 0 ? null : Math.min(...promises),
        look: async () => {
          const seen = await Promise.all(loops.map((loop) => loop.behind()));
          return { latenessMs: Math.max(...seen.map(({ forMs }) => forMs)), held: seen.reduce((sum, { waiting }) => sum + waiting, 0), perSecond: rate.perSecond() };
        },
      };
    });
  }

  #flowOf({ consumer }: Pick<Work, 'consumer'>): string {
    const { service } = this.options;
    return `${service}.${consumer.slice(service.length + 1)}`;
  }

  async #sweepLoop(): Promise<void> {
    const { clock, logger } = this.options;
    const open = deadLettersOpen();
    while (!this.#stop.signal.aborted) {
      try {
        // Two streams may feed one consumer: what waits is looked for once.
        for (const [work, loop] of new Map(this.#works.map((each, index) => [each.consumer, [each, this.#loops[index]] as const])).values()) {
          // What a paused flow waits for may lie in the stream: its waits do not run, and nothing of it is applied.
          if (loop && !loop.paused) await sweep(work, loop.pausedMs);
        }
        const counts = await countOpen(this.options.database.pool, this.#works.map((work) => work.consumer));
        open.reset();
        for (const { owner, consumer, class: faultClass, count } of counts) open.set({ owner, consumer, class: faultClass }, count);
        await this.#prune();
      } catch (error) {
        logger.warn({ err: error }, 'the sweep of waiting messages and old rows failed');
      }
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      if (this.#stop.signal.aborted) return;
      const nap = new AbortController();
      await Promise.race([woken, clock.sleep(sweepEveryMs, nap.signal).catch(() => undefined)]);
      nap.abort();
    }
  }
}

/** One `Work` a durable of this service; what is declared and what the contracts say must meet in both directions (B7). */
function worksOf(options: StrategyOptions): Work[] {
  const declared = [...options.projections, ...options.handlers];
  const durables = (options.durables ?? allDurables).filter((each) => each.service === options.service && declared.some((one) => one.builds === each.builds));
  for (const one of declared) {
    if (!durables.some((each) => each.builds === one.builds && each.filterSubjects.some((subject) => subject.split('.')[2] === one.contract.entity))) {
      throw new StewardError('CONSUMER_UNDECLARED', `no contract names ${options.service} as a consumer of ${one.contract.entity} that builds ${one.builds}`);
    }
  }
  const gated = options.projections.map((each) => each.contract.entity);
  const twice = gated.find((entity, index) => gated.indexOf(entity) !== index);
  // The second one would only ever see what the first one's gate let through in the same moment: nothing.
  if (twice) throw new StewardError('CONSUMER_UNDECLARED', `${twice} has two projections in ${options.service}: one database has one gate per entity`);
  return durables.map((durable) => ({
    consumer: durable.name,
    stream: durable.stream,
    database: options.database,
    clock: options.clock,
    logger: options.logger,
    projections: new Map(options.projections.filter((each) => each.builds === durable.builds).map((each) => [each.contract.entity, each])),
    handlers: new Map(options.handlers.filter((each) => each.builds === durable.builds).map((each) => [each.contract.entity, each])),
    budget: options.budget ?? defaultBudget,
    heldForMs: options.heldForMs ?? heldForMsByDefault,
    meter: createMeter(durable.name, durable.stream),
    journal: options.journal ?? false,
    ...(options.catalogue && { catalogue: options.catalogue }),
  }));
}
