/**
 * What is paused, as this process knows it.
 * 1. Told at once (NOTIFY), looked up every second: a replica that missed the ring is at most a second late.
 * 2. While the database is away, what was known last holds: a pause does not end because nobody can be asked.
 */
import { type Clock, type Database, gauge, Listener, type Logger } from '@steward/platform';
import { flowChannel, type Pause, readPauses } from './flow.store';

interface FlowSwitchOptions {
  readonly database: Pick<Database, 'query'>;
  /** For LISTEN, which needs a connection of its own. */
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Further channels to hear on the same connection. */
  readonly channels?: Readonly<Record<string, (payload: string) => void>>;
}

const lookEveryMs = 1_000;

const pausedFlows = gauge('steward_flow_paused', 'Flows that are paused: 1 for each', ['flow']);

export class FlowSwitch {
  private pauses: ReadonlyMap<string, Pause> = new Map();
  private readonly changed = new Set<() => void>();
  private readonly stopping = new AbortController();
  private readonly listener: Listener;
  private looking: Promise<void> = Promise.resolve();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: FlowSwitchOptions) {
    const { databaseUrl, logger, channels } = options;
    const look = (): void => void this.look();
    this.listener = new Listener({ url: databaseUrl, name: 'flows', channels: { ...channels, [flowChannel]: look }, onReconnect: look, logger });
  }

  /** Resolves when it knows what is paused: nothing may flow before. */
  async start(): Promise<void> {
    await this.listener.start();
    this.take(await readPauses(this.options.database));
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.listener.stop();
    await this.running;
    await this.looking;
  }

  pauseOf(flow: string): Pause | undefined {
    return this.pauses.get(flow);
  }

  /** Called when something was paused or resumed. Returns the unsubscriber. */
  onChange(callback: () => void): () => void {
    this.changed.add(callback);
    return () => void this.changed.delete(callback);
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    while (!this.stopping.signal.aborted) {
      await clock.sleep(lookEveryMs, this.stopping.signal);
      if (!this.stopping.signal.aborted) await this.look();
    }
  }

  /** One look after the other: an earlier answer must not be taken for a later one. */
  private look(): Promise<void> {
    this.looking = this.looking.then(async () => {
      if (this.stopping.signal.aborted) return;
      try {
        this.take(await readPauses(this.options.database));
      } catch (error) {
        this.options.logger.debug({ err: error }, 'what is paused could not be looked up');
      }
    });
    return this.looking;
  }

  private take(found: readonly Pause[]): void {
    const before = this.pauses;
    this.pauses = new Map(found.map((pause) => [pause.flow, pause]));
    const ended = [...before.keys()].filter((flow) => !this.pauses.has(flow));
    const begun = [...this.pauses.values()].filter(({ flow }) => !before.has(flow));
    for (const flow of ended) {
      this.options.logger.info({ flow }, 'the flow is resumed');
      pausedFlows.set({ flow }, 0);
    }
    for (const { flow, actor, reason, resumesAt } of begun) {
      this.options.logger.warn({ flow, actor, reason, resumesAt }, 'the flow is paused');
      pausedFlows.set({ flow }, 1);
    }
    if (ended.length > 0 || begun.length > 0) for (const callback of this.changed) callback();
  }
}
