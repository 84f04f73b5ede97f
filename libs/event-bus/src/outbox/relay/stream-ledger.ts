/** What the relay knows of each stream it sends to: epoch, highest acknowledgement, and whether it may send. */
import { contracts, type StreamDeclaration, streamOf, typeOf } from '@steward/contracts';
import type { Database } from '@steward/platform';

export interface Recorded {
  readonly epoch: string;
  readonly sequence: number;
  readonly messageId: string | null;
}

interface Entry {
  readonly types: readonly string[];
  epoch: string | undefined;
  sequence: number;
  messageId: string | null;
  pausedFor: { reason: string; until: number } | undefined;
}

/** Reads outbox_watermark: the highest acknowledged sequence per stream. */
export async function readWatermarks(database: Pick<Database, 'query'>): Promise<Map<string, Recorded>> {
  const rows = await database.query<{ stream: string; epoch: string; sequence: number; message_id: string | null }>(
    'select stream, epoch, sequence::float8 as sequence, message_id from outbox_watermark',
  );
  return new Map(rows.map((row) => [row.stream, { epoch: row.epoch, sequence: row.sequence, messageId: row.message_id }]));
}

export class StreamLedger {
  private readonly entries = new Map<string, Entry>();
  private readonly streamByType = new Map<string, string>();

  constructor(streams: readonly StreamDeclaration[]) {
    for (const stream of streams) {
      const types = contracts
        .filter((contract) => contract.systems.includes(stream.system))
        .filter((contract) => streamOf(contract, stream.system).name === stream.name)
        .map((contract) => typeOf(contract, stream.system));
      this.entries.set(stream.name, { types, epoch: undefined, sequence: 0, messageId: null, pausedFor: undefined });
      for (const type of types) this.streamByType.set(type, stream.name);
    }
  }

  /** Taken anew with each lease: another relay may have recorded more in between. What this one knows and could not mark stays true. */
  load(watermarks: ReadonlyMap<string, Recorded>): void {
    for (const [stream, recorded] of watermarks) {
      const entry = this.entries.get(stream);
      if (entry && (entry.epoch !== recorded.epoch || entry.sequence < recorded.sequence)) Object.assign(entry, recorded);
    }
  }

  streamOfType(type: string): string | undefined {
    return this.streamByType.get(type);
  }

  typesOf(stream: string): readonly string[] {
    return this.entries.get(stream)?.types ?? [];
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  epochOf(stream: string): string | undefined {
    return this.entries.get(stream)?.epoch;
  }

  recordedSequence(stream: string): number {
    return this.entries.get(stream)?.sequence ?? 0;
  }

  setEpoch(stream: string, epoch: string): void {
    const entry = this.entries.get(stream);
    if (entry) Object.assign(entry, { epoch, sequence: 0, messageId: null, pausedFor: undefined });
  }

  /** Not only when it is marked: a database that is away must not hide what the broker loses meanwhile. */
  record(stream: string, epoch: string, sequence: number, messageId: string): void {
    const entry = this.entries.get(stream);
    if (entry && entry.epoch === epoch && entry.sequence < sequence) Object.assign(entry, { sequence, messageId });
  }

  recorded(): Record<string, Recorded> {
    const result: Record<string, Recorded> = {};
    for (const [stream, { epoch, sequence, messageId }] of this.entries) if (epoch !== undefined) result[stream] = { epoch, sequence, messageId };
    return result;
  }

  pause(stream: string, reason: string, until: number): void {
    const entry = this.entries.get(stream);
    if (entry) entry.pausedFor = { reason, until };
  }

  resume(stream: string): void {
    const entry = this.entries.get(stream);
    if (entry) entry.pausedFor = undefined;
  }

  /** A stream without a known epoch is paused: an acknowledgement that can't say its epoch proves nothing (B10). */
  pauseOf(stream: string, now: number): string | undefined {
    const entry = this.entries.get(stream);
    if (!entry) return 'not a stream of this service';
    if (entry.epoch === undefined) return 'its epoch is not known yet';
    return entry.pausedFor && entry.pausedFor.until > now ? entry.pausedFor.reason : undefined;
  }

  pausedTypes(now: number): string[] {
    return [...this.entries].filter(([stream]) => this.pauseOf(stream, now) !== undefined).flatMap(([, entry]) => entry.types);
  }

  nextResume(now: number): number | undefined {
    const times = [...this.entries.values()].map((entry) => entry.pausedFor?.until ?? 0).filter((until) => until > now && Number.isFinite(until));
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
