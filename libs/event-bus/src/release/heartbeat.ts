/**
 * Says what this process is: at its start, every few seconds, and when it ends. No beat, no evidence: a release gate that hears
 * nothing of a service says that it can't say.
 */
import { hostname } from 'node:os';
import { type Beat, declaredOf, readableMajors, type Release, readsOf, shipped } from '@steward/contracts';
import { ambientEnv, BackgroundLoop, type Clock, type Database, type Logger, type MigrationClass } from '@steward/platform';
import type { Work } from '../consumer/work';
import { forgetLives, type OwnProcess, readBeats, recordEnd, recordLife } from './living.store';

/** Three missed ones are silence; see apps/operations/src/releases. */
const BEAT_EVERY_MS = 10_000;

export interface HeartbeatOptions {
  readonly service: string;
  readonly process: string;
  /** All programs of the service; this one only by default. */
  readonly processes?: readonly string[];
  /** Tells one instance from another on the same machine. */
  readonly port: number;
  readonly migrations: readonly MigrationClass[];
  /** What this process has mounted; without it what the contracts say of the service. */
  readonly works?: () => readonly Work[];
  readonly database: Pick<Database, 'query'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells operations of all processes of the service; absent where there is no broker. */
  readonly tell?: (beats: readonly Beat[]) => Promise<unknown>;
  readonly everyMs?: number;
}

export class Heartbeat {
  private readonly loop: BackgroundLoop;
  private readonly own: Omit<OwnProcess, 'release'>;

  constructor(private readonly options: HeartbeatOptions) {
    const { clock, logger, process, port, everyMs = BEAT_EVERY_MS } = options;
    this.own = { instance: `${process}@${hostname()}:${String(port)}`, process, startedAt: new Date(clock.now()) };
    const turn = async (): Promise<number> => {
      await recordLife(options.database, { ...this.own, release: releaseOf(options) });
      await this.tell();
      return everyMs;
    };
    this.loop = new BackgroundLoop({ clock, logger, turn, pauseMs: everyMs, failed: 'this process could not say that it lives, and says it again' });
  }

  start(): void {
    this.loop.start();
  }

  /** To be called when nothing is sent or taken any more. */
  async stop(): Promise<void> {
    await this.loop.stop();
    try {
      await recordEnd(this.options.database, this.own.instance);
      await this.tell();
    } catch (error) {
      // It will be missed until it is forgotten: the gate says that it can't say, which is true.
      this.options.logger.warn({ err: error }, 'this process could not say that it ends');
    }
  }

  private async tell(): Promise<void> {
    const { database, tell } = this.options;
    if (tell === undefined) return;
    await tell(await readBeats(database));
    await forgetLives(database);
  }
}

/** What a build reports about itself; `works` is what it has actually mounted. */
export function releaseOf({ service, process, processes = [process], migrations, works }: Pick<HeartbeatOptions, 'service' | 'process' | 'processes' | 'migrations' | 'works'>): Release {
  const declared = declaredOf(service);
  const mounted = works?.().flatMap(({ projections, handlers, catalogue = shipped }) => [...projections.values(), ...handlers.values()].map((each) => ({ ...each, catalogue })));
  const reads = mounted?.flatMap(({ contract, builds, catalogue }) =>
    contract.consumers
      .filter((consumer) => consumer.service === service && consumer.builds === builds)
      .flatMap(({ from }) => readableMajors(catalogue, contract).map((major) => ({ entity: contract.entity, major, from }))));
  return { service, version: ambientEnv().STEWARD_VERSION, produces: declared.produces, reads: reads === undefined ? declared.reads : readsOf(reads), migrations: migrations.map((migration) => new migration().name ?? migration.name).toSorted(), processes };
}
