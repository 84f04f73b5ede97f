import type { Database, Clock, Logger, MigrationClass } from '@steward/platform';
import type { Projection } from '@steward/event-bus';
import type { Newsroom } from '../events/newsroom';
import type { OperationsEnv } from '../operations.env';
import type { Route } from './route';

/** What a feature is made with. */
export interface Parts {
  readonly env: OperationsEnv;
  readonly database: Database;
  /** Asks the door of another service; throws BROKER_NO_ANSWERER, BROKER_TIMEOUT or the code that the owner names. */
  readonly ask: Ask;
  readonly news: Newsroom;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Ask = <A>(subject: string, question: unknown, withinMs?: number) => Promise<A>;

/** A folder of this app: its tables, addresses, projections and loops. Register it in features.ts. */
export interface Feature {
  readonly name: string;
  readonly migrations?: readonly MigrationClass[];
  readonly open: (parts: Parts) => Opened;
}

export interface Opened {
  readonly routes: readonly Route[];
  readonly projections?: readonly Projection[];
  /** Begins its loops; called when everything is there. */
  readonly start?: () => void;
  readonly stop?: () => Promise<void>;
}
