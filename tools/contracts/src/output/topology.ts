import { type ContractSource, toMs } from '../model';

interface Stream {
  readonly name: string;
  readonly system: string;
  readonly holds: 'state' | 'event';
  readonly subjects: readonly string[];
  readonly maxMsgsPerSubject: number;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

interface Durable {
  readonly name: string;
  readonly stream: string;
  readonly service: string;
  readonly builds: string;
  readonly purpose: 'projection' | 'reaction';
  readonly filterSubjects: readonly string[];
}

const MEGABYTE = 1024 * 1024;

/** Commands have no stream yet: the first command contract decides theirs. */
function heldBy(source: ContractSource): 'state' | 'event' | undefined {
  return source.contract.kind === 'command' ? undefined : source.contract.kind;
}

const streamName = (system: string, holds: 'state' | 'event'): string =>
  `${system.toUpperCase().replaceAll('-', '_')}_${holds === 'state' ? 'STATE' : 'EVENTS'}`;

/** One stream per system and kind (B12): state keeps the newest per key without limit of age, events are bounded by age and size. */
export function streamsOf(sources: readonly ContractSource[]): readonly Stream[] {
  const streams = new Map<string, Stream>();
  for (const source of sources) {
    const holds = heldBy(source);
    if (holds === undefined) continue;
    const { stream } = source.contract.retention;
    for (const system of source.contract.systems) {
      const name = streamName(system, holds);
      const known = streams.get(name);
      const limits =
        'maxAge' in stream
          ? { maxAgeMs: Math.max(toMs(stream.maxAge), known?.maxAgeMs ?? 0), maxBytes: stream.maxMegabytes * MEGABYTE + (known?.maxBytes ?? 0) }
          : { maxAgeMs: 0, maxBytes: -1 };
      streams.set(name, {
        name,
        system,
        holds,
        // Every major: a deprecated and an active one live in the same stream.
        subjects: [...(known?.subjects ?? []), `evt.${system}.${source.contract.entity}.*.*`],
        maxMsgsPerSubject: holds === 'state' ? 1 : -1,
        ...limits,
      });
    }
  }
  return [...streams.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** One durable per service, purpose and stream (B7); a consumer takes the majors the contract still declares. */
export function durablesOf(sources: readonly ContractSource[]): readonly Durable[] {
  const durables = new Map<string, Durable>();
  for (const source of sources) {
    const holds = heldBy(source);
    if (holds === undefined) continue;
    for (const { service, builds, purpose } of source.contract.consumers) {
      for (const system of source.contract.systems) {
        const stream = streamName(system, holds);
        const name = `${service}-${builds}`;
        const id = `${name}@${stream}`;
        const filters = source.contract.versions.map(({ major }) => `evt.${system}.${source.contract.entity}.v${major}.*`);
        durables.set(id, { name, stream, service, builds, purpose, filterSubjects: [...(durables.get(id)?.filterSubjects ?? []), ...filters] });
      }
    }
  }
  return [...durables.values()].sort((a, b) => `${a.name}@${a.stream}`.localeCompare(`${b.name}@${b.stream}`));
}
