/**
 * The only process with rights over streams and durables (B7).
 * 1. One inspection at a time; a question is answered by an inspection that began after it was asked.
 * 2. Evidence decides (judge.ts); a new epoch is written to the register first, then carried out, then told.
 * 3. Carrying out is repeatable: whatever is half done is found as unfinished and done again.
 * 4. Services learn of an epoch only from an answer, and only when its stream and durables are there.
 */
import { randomBytes } from 'node:crypto';
import { type ContractVersion, currentContracts, type DurableDeclaration, type NewestAnswer, type NewestQuestion, type StreamDeclaration } from '@steward/contracts';
import type { Administration, Broker, BrokerState, BrokerStateRequest, StreamFacts, StreamState } from '@steward/event-bus';
import { type Clock, counter, type Database, gauge, type Logger, StewardError } from '@steward/platform';
import { openBrokerLoss } from '../cases/broker-loss';
import { judgeDurable, judgeStream, type Report } from './judge';
import { purgeRetired } from './purge-retired';
import { markApplied, noteAckFloor, noteFloor, noteSequence, openEpoch, readAckFloor, readRegister, type RegisteredStream } from './stream-register.store';

export interface ProvisionerOptions {
  administration: Administration;
  broker: Pick<Broker, 'onReconnect' | 'status'>;
  database: Database;
  streams: readonly StreamDeclaration[];
  durables: readonly DurableDeclaration[];
  /** Whether the broker writes each message to disk before it acknowledges (B1); asked anew with each inspection. */
  syncAlways: () => Promise<boolean>;
  /** Versions of contracts whose messages are to go. */
  retired?: () => Promise<readonly ContractVersion[]>;
  clock: Clock;
  logger: Logger;
  everyMs?: number;
}

const losses = counter('steward_broker_losses_total', 'Streams found truncated, emptied or made anew', ['stream']);
const repairs = counter('steward_broker_repairs_total', 'Durables made again', ['stream', 'durable']);
const lastSequence = gauge('steward_stream_last_sequence', 'Last sequence of the stream', ['stream']);

const newEpoch = (): string => randomBytes(6).toString('hex');

export class Provisioner {
  private readonly stopping = new AbortController();
  private readonly unsubscribe: (() => void)[] = [];
  private readonly reports = new Map<string, Map<string, Report>>();
  private nudge = new AbortController();
  private state: BrokerState | undefined;
  private lastError: unknown;
  private queue: Promise<unknown> = Promise.resolve();
  private waiting: Promise<BrokerState> | undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly options: ProvisionerOptions) {}

  start(): void {
    const { broker, administration, streams } = this.options;
    // An increase needs the zero before the first loss.
    for (const { name } of streams) losses.inc({ stream: name }, 0);
    this.unsubscribe.push(
      broker.onReconnect(() => this.nudge.abort()),
      administration.onDeleted((what) => {
        this.options.logger.warn({ advisory: what }, 'the broker says that something was deleted');
        this.nudge.abort();
      }),
    );
    this.loop = this.run();
  }

  /** What lies in a stream between two ends that differ; never its content. */
  async newest({ stream, subjects, durable }: NewestQuestion): Promise<NewestAnswer> {
    const { administration, durables } = this.options;
    const newest = await Promise.all(subjects.map(async (subject) => ({ subject, stored: (await administration.newestUnder(stream, subject)) ?? null })));
    // Behind the messages: what was acknowledged by now includes what was there a moment ago.
    const declared = durables.find((each) => each.stream === stream && each.name === durable);
    const facts = declared === undefined ? undefined : await administration.inspectDurable(declared);
    return { newest, ackFloor: facts?.ackFloor ?? null };
  }

  async stop(): Promise<void> {
    for (const each of this.unsubscribe) each();
    this.stopping.abort();
    await this.loop;
    await this.queue;
  }

  /** For readiness: the reason why the last inspection did not succeed. */
  problem(): string | undefined {
    if (this.lastError) return `the broker could not be inspected: ${this.lastError instanceof Error ? this.lastError.message : String(this.lastError)}`;
    return this.state ? undefined : 'the first inspection is under way';
  }

  /** Answers a service; its evidence is part of the inspection that makes the answer. */
  async answer(request: BrokerStateRequest): Promise<BrokerState> {
    for (const [stream, position] of Object.entries(request.recorded)) {
      const proof = request.tailLossProof?.stream === stream ? request.tailLossProof.sequence : undefined;
      const byService = this.reports.get(stream) ?? new Map<string, Report>();
      byService.set(request.service, { service: request.service, position, ...(proof === undefined ? {} : { proof }) });
      this.reports.set(stream, byService);
    }
    return this.inspect();
  }

  /** Questions that come while an inspection runs share the next one. */
  inspect(): Promise<BrokerState> {
    this.waiting ??= this.queueInspection();
    return this.waiting;
  }

  private queueInspection(): Promise<BrokerState> {
    const inspection = this.queue.then(() => {
      this.waiting = undefined;
      return this.inspectAll();
    });
    this.queue = inspection.catch(() => undefined);
    return inspection;
  }

  private async run(): Promise<void> {
    const { clock, logger, everyMs = 60_000 } = this.options;
    while (!this.stopping.signal.aborted) {
      this.nudge = new AbortController();
      try {
        await this.inspect();
        await this.purge();
        await clock.sleep(everyMs, AbortSignal.any([this.nudge.signal, this.stopping.signal]));
      } catch (error) {
        logger.warn({ err: error }, 'the broker could not be inspected');
        await clock.sleep(1_000, this.stopping.signal);
      }
    }
  }

  /** What fails is done with the next look: nobody waits for it. */
  private async purge(): Promise<void> {
    const { retired, logger } = this.options;
    try {
      await purgeRetired({ ...this.options, said: currentContracts }, (await retired?.()) ?? []);
    } catch (error) {
      logger.warn({ err: error }, 'what was said in retired versions is still in the streams');
    }
  }

  private async inspectAll(): Promise<BrokerState> {
    try {
      const register = await readRegister(this.options.database);
      const sync = await this.options.syncAlways();
      const streams: Record<string, StreamState> = {};
      const durables: Record<string, 'ready' | 'missing'> = {};
      for (const stream of this.options.streams) {
        const { registered, found } = await this.settleStream(stream, register.get(stream.name), sync);
        const behind: number[] = [];
        for (const durable of this.options.durables.filter((each) => each.stream === stream.name)) {
          behind.push(await this.settleDurable(durable, registered.epoch, stream));
          durables[`${durable.name}@${durable.stream}`] = 'ready';
        }
        if (!registered.applied) await markApplied(this.options.database, stream.name, registered.epoch, found);
        else if (found.lastSequence > registered.lastSequence) await noteSequence(this.options.database, stream.name, registered.epoch, found.lastSequence);
        lastSequence.set({ stream: stream.name }, found.lastSequence);
        streams[stream.name] = {
          epoch: registered.epoch,
          firstSequence: found.firstSequence,
          lastSequence: found.lastSequence,
          lastMessageId: found.lastMessageId,
          revisionFloor: registered.floor + found.lastSequence,
          ...(behind.length > 0 ? { behind: Math.max(...behind) } : {}),
        };
      }
      this.state = { serverVersion: this.options.administration.serverVersion, syncAlways: sync, streams, durables };
      this.lastError = undefined;
      return this.state;
    } catch (error) {
      this.lastError = error;
      throw error;
    }
  }

  /** Leaves the stream as declared and in its registered epoch. */
  private async settleStream(stream: StreamDeclaration, known: RegisteredStream | undefined, syncAlways: boolean): Promise<{ registered: RegisteredStream; found: StreamFacts }> {
    const { administration, database, logger } = this.options;
    // Reports first: what is inspected after them can't be older than they are.
    const reports = [...(this.reports.get(stream.name)?.values() ?? [])];
    const found = await administration.inspectStream(stream);
    const verdict = judgeStream(known, found, reports, stream.holds === 'state' && stream.maxAgeMs === 0);
    let registered = known;
    if (verdict.kind === 'first' || !registered) {
      registered = { stream: stream.name, epoch: found?.mark?.epoch ?? newEpoch(), floor: found?.mark?.floor ?? 0, created: found?.created ?? null, lastSequence: found?.lastSequence ?? 0, emptyUpTo: 0, applied: false };
      await openEpoch(database, registered, 'first seen', { found });
    } else if (verdict.kind === 'lost') {
      const highest = Math.max(registered.lastSequence, found?.lastSequence ?? 0, ...reports.filter((each) => each.position.epoch === known?.epoch).map((each) => each.position.sequence));
      // A stream made anew continues the numbers, so its last sequence still counts every message ever stored. One that survived
      // gives numbers again that were given before: they are counted in the floor.
      const floor = registered.floor + (found ? highest : 0);
      registered = { stream: stream.name, epoch: newEpoch(), floor, created: found?.created ?? null, lastSequence: highest, emptyUpTo: 0, applied: false };
      const loss = { stream: stream.name, epoch: registered.epoch, reason: verdict.reason, at: new Date(this.options.clock.now()) };
      await openEpoch(database, registered, verdict.reason, { found, reports, previous: known }, (tx) => openBrokerLoss(tx, loss));
      losses.inc({ stream: stream.name });
      logger.error({ stream: stream.name, epoch: registered.epoch, reason: verdict.reason }, 'the broker lost messages: the stream has a new epoch, its owner publishes again');
    }
    // Numbers jump where a database begins a life (ADR 0024): written down before the stream can be lost with them. Whatever is said in that
    // life is below this one and the count of messages together, as it was below the count alone.
    if (found && found.lastNumber > registered.floor + found.lastSequence) {
      registered = { ...registered, floor: found.lastNumber };
      await noteFloor(database, registered);
    }
    if (!registered.applied) this.reports.delete(stream.name);

    const mark = { epoch: registered.epoch, floor: registered.floor, sync: syncAlways ? ('always' as const) : ('lazy' as const) };
    if (!found) await administration.createStream(stream, mark, registered.lastSequence + 1);
    else if (found.mark?.epoch !== mark.epoch || found.mark.sync !== mark.sync || found.mark.floor !== mark.floor || found.differs.length > 0) {
      if (found.differs.length > 0) logger.info({ stream: stream.name, settings: found.differs }, 'bringing the stream in line with its declaration');
      await administration.updateStream(stream, mark);
    }
    // B2: durables of another life of the stream are ahead of it or skip what is refilled; the new ones begin at its start.
    if (!registered.applied && known) for (const durable of this.options.durables.filter((each) => each.stream === stream.name)) await administration.deleteDurable(durable);
    const settled = await administration.inspectStream(stream);
    if (!settled) throw new StewardError('BROKER_STREAM_MISSING', `stream ${stream.name} disappeared while it was made`);
    return { registered, found: settled };
  }

  /** Returns how far it is behind. */
  private async settleDurable(durable: DurableDeclaration, epoch: string, stream: StreamDeclaration): Promise<number> {
    const { administration, database, logger } = this.options;
    const found = await administration.inspectDurable(durable);
    // The stream's end is read after the durable's position, so traffic in between can't make a durable look ahead of it.
    const end = (await administration.inspectStream(stream))?.lastSequence ?? 0;
    const verdict = judgeDurable(found, end);
    switch (verdict.kind) {
      case 'ready':
        if (found?.epoch !== epoch) await administration.updateDurable(durable, epoch);
        if (found && found.ackFloor > 0) await noteAckFloor(database, { durable: durable.name, stream: durable.stream, epoch }, found.ackFloor);
        break;
      case 'different':
        logger.info({ durable: durable.name, stream: durable.stream, settings: verdict.settings }, 'bringing the durable in line with its declaration');
        await administration.updateDurable(durable, epoch);
        break;
      case 'missing':
      case 'ahead': {
        // What was acknowledged in this epoch need not come again; without that knowledge everything does, and the gate sorts it out (B6).
        const floor = verdict.kind === 'missing' ? await readAckFloor(database, { durable: durable.name, stream: durable.stream, epoch }) : 0;
        await administration.createDurable(durable, epoch, floor + 1);
        repairs.inc({ stream: durable.stream, durable: durable.name });
        logger.warn({ durable: durable.name, stream: durable.stream, from: floor + 1, reason: verdict.kind }, 'durable made');
      }
    }
    return found?.behind ?? 0;
  }
}
