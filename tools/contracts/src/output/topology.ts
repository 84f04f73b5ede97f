import { type ContractFile, type ContractSource, takenFrom, toMs } from '../model';

interface Stream {
  readonly name: string;
  readonly system: string;
  readonly holds: ContractFile['kind'];
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

const suffixes = { state: 'STATE', event: 'EVENTS', command: 'COMMANDS', claims: 'NONE' } as const;

export const streamName = (system: string, holds: ContractFile['kind']): string => `${system.toUpperCase().replaceAll('-', '_')}_${suffixes[holds]}`;

/** `version` is `v<major>` or `*`; the same form as subjectOf of @steward/contracts, without a key. */
export function addressOf({ kind, entity }: Pick<ContractFile, 'kind' | 'entity'>, system: string, version: string): string {
  return `${kind === 'command' ? 'cmd' : 'evt'}.${system}.${entity}.${version}`;
}

/**
 * One stream per system and kind (B12): state keeps the newest per key without limit of age, the rest is bounded by age and size.
 * Commands lie with their sender, not with who is asked: its relay proves what the stream has lost (B10), and the subject names it (B9).
 */
export function streamsOf(sources: readonly ContractSource[]): readonly Stream[] {
  const streams = new Map<string, Stream>();
  for (const source of sources) {
    const { kind: holds, retention } = source.contract;
    const { stream } = retention;
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
        subjects: [...(known?.subjects ?? []), `${addressOf(source.contract, system, '*')}.*`],
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
    for (const consumer of source.contract.consumers) {
      const { service, builds, purpose } = consumer;
      for (const system of takenFrom(source.contract, consumer)) {
        const stream = streamName(system, source.contract.kind);
        const name = `${service}-${builds}`;
        const id = `${name}@${stream}`;
        const filters = source.contract.versions.map(({ major }) => `${addressOf(source.contract, system, `v${major}`)}.*`);
        durables.set(id, { name, stream, service, builds, purpose, filterSubjects: [...(durables.get(id)?.filterSubjects ?? []), ...filters] });
      }
    }
  }
  return [...durables.values()].sort((a, b) => `${a.name}@${a.stream}`.localeCompare(`${b.name}@${b.stream}`));
}
