/** What the release gate decides from. A fact that is not here is missing: nothing is assumed in its place. */
import type { BacklogAnswer, ContractVersion, Release } from '@steward/contracts';

/** A process that was heard a moment ago. */
export interface Living {
  readonly service: string;
  readonly process: string;
  readonly instance: string;
  readonly release: Release;
  /** Migrations that its database has had. */
  readonly applied: readonly string[];
}

/** A process that has fallen silent without saying that it ends: it may still be at work. */
export interface Lost {
  readonly service: string;
  readonly process: string;
  readonly instance: string;
  readonly version: string;
  readonly silentForMs: number;
}

/** Who says a thing to whom, by the contracts. */
export interface Arrow {
  readonly entity: string;
  readonly producer: string;
  readonly consumer: string;
}

/** Whether a stream holds something of a contract version that one durable has not acknowledged; null = it could not be seen. */
export interface Unread extends ContractVersion {
  readonly producer: string;
  readonly consumer: string;
  readonly durable: string;
  readonly stream: string;
  readonly waits: boolean | null;
}

export interface VersionAct extends ContractVersion {
  readonly state: 'deprecated' | 'retired';
  /** Of a deprecation: until when it is still meant to be there; ISO 8601. */
  readonly until: string | null;
}

/** That a build was seen at work on a database that has had these migrations. */
export interface RanOn {
  readonly service: string;
  readonly version: string;
  readonly applied: readonly string[];
}

export interface Facts {
  readonly living: readonly Living[];
  readonly lost: readonly Lost[];
  /** What was registered, the newest first. */
  readonly registered: readonly Release[];
  readonly arrows: readonly Arrow[];
  /** By service, of who has answered. */
  readonly backlogs: Readonly<Record<string, BacklogAnswer>>;
  readonly unread: readonly Unread[];
  readonly acts: readonly VersionAct[];
  readonly ranOn: readonly RanOn[];
  /** By entity: the team that is to be asked. */
  readonly owners: Readonly<Record<string, string>>;
}

export interface Change {
  readonly service: string;
  readonly version: string;
}

export interface Break {
  readonly kind: 'reader' | 'producer' | 'stream' | 'outbox' | 'held' | 'letter' | 'announced' | 'stored' | 'retired';
  readonly service: string;
  /** `product@1` */
  readonly contract: string;
  readonly owner: string;
  readonly detail: string;
}

/** `no` is proven by what breaks; `cannot-say` by what is missing. */
export interface Verdict {
  readonly answer: 'yes' | 'no' | 'cannot-say';
  readonly breaks: readonly Break[];
  readonly missing: readonly string[];
  readonly notes: readonly string[];
  /** In which order changes that belong together can be made; empty when none is known. */
  readonly order: readonly Change[];
}
