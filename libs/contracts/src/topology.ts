import type { Kind } from './contract';

/** A stream as the provisioner creates it (B7); generated from contracts/. */
export interface StreamDeclaration {
  readonly name: string;
  /** Who publishes into it; of commands the sender. */
  readonly system: string;
  readonly holds: Kind;
  readonly subjects: readonly string[];
  /** 1 for state (B12), -1 = no limit. */
  readonly maxMsgsPerSubject: number;
  /** 0 = no limit. */
  readonly maxAgeMs: number;
  /** -1 = no limit: state is bounded by its keys. */
  readonly maxBytes: number;
}

/** A durable consumer; its name is never changed, because its position hangs on it. */
export interface DurableDeclaration {
  /** `<service>-<builds>`; unique within its stream only. */
  readonly name: string;
  readonly stream: string;
  readonly service: string;
  readonly builds: string;
  readonly purpose: 'projection' | 'reaction';
  readonly filterSubjects: readonly string[];
}
