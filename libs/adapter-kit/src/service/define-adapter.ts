/** What an app has to say about its service: whose data it reads, and what it does besides. */
import type { DeclaredRetention, Handler, Projection } from '@steward/event-bus';
import type { Clock, Database, Logger, MigrationClass } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { z } from 'zod';
import type { AfterRead } from '../announce/announcer';
import type { Effect } from '../effect/define-effect';
import type { OpenHttp } from '../http/outward';
import type { LeasedLoop } from '../loop/leased-loops';
import type { Connector, Source, WebhookSpec } from '../source/define';
import type { AdapterEnv } from './adapter-env';

/** What the adapter's own code is given. */
export interface AdapterContext<Opened extends Source = Source, Shape extends z.ZodRawShape = z.ZodRawShape, Own = unknown> {
  readonly env: AdapterEnv & Readonly<z.output<z.ZodObject<Shape>>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  /** What the connector's `open` returned. */
  readonly source: Opened;
  /** What the adapter's `opens` returned. */
  readonly own: Own;
}

/** Each named as a consumer by its contract; mounted in every replica. */
export interface Consumed {
  readonly projections?: readonly Projection[];
  readonly handlers?: readonly Handler[];
}

/** A door for webhooks that name no feed's key: what a payment provider says about a payment of ours. */
export interface WebhookDoor extends Pick<WebhookSpec, 'path' | 'verify'> {
  /** Answered when this has committed; it stores what to look at (`touchEffect`) and reads nothing. Throws RejectedError for a body that is not the vendor's. */
  readonly receive: (tx: PoolClient, body: unknown) => Promise<void>;
}

type OpeningContext<Opened extends Source, Shape extends z.ZodRawShape> = Omit<AdapterContext<Opened, Shape>, 'own'> & {
  /** The way out to a second system, with a budget, a breaker and seats of its own: whoever opens it closes it. */
  readonly http: OpenHttp;
  /** Let go of when nothing uses it any more. */
  readonly onClose: (name: string, step: () => Promise<void> | void) => void;
};

export interface AdapterSpec<Opened extends Source, Shape extends z.ZodRawShape, Own> {
  /** The system of record, which is also the service's name: `pim`, `erp`. */
  readonly name: string;
  readonly connectors: Readonly<Record<string, Connector<Opened>>>;
  /** Variables besides those of the connectors; also exported by the app, so that they are documented. */
  readonly env?: Shape;
  readonly migrations?: readonly MigrationClass[];
  /** Whatever several of the parts below share, such as the client of a second system. */
  readonly opens?: (context: OpeningContext<Opened, Shape>) => Own;
  readonly consumes?: (context: AdapterContext<Opened, Shape, Own>) => Consumed;
  /** What follows from the reads of feeds, by entity. It announces nothing before `consumes` or `effects` have left it something to go by. */
  readonly follows?: (context: AdapterContext<Opened, Shape, Own>) => Readonly<Record<string, AfterRead>>;
  /** Writes to a system of record; made by every replica. */
  readonly effects?: (context: AdapterContext<Opened, Shape, Own>) => readonly Effect[];
  /** Run by the one replica that holds the lease of feeds and relay. */
  readonly loops?: readonly LeasedLoop<AdapterContext<Opened, Shape, Own>>[];
  /** What its own tables keep, and for how long; of effects the kit sees to it. */
  readonly retentions?: readonly DeclaredRetention[];
  readonly webhooks?: (context: AdapterContext<Opened, Shape, Own>) => readonly WebhookDoor[];
}

/** An adapter whose types have been checked. */
export type Adapter = AdapterSpec<Source, z.ZodRawShape, unknown>;

// As with feeds: the kit hands to each part exactly what the spec's own connector and `opens` made, so the erasure is sound.
/**
 * Declares an adapter.
 * @throws TypeError if a connector is listed under another name than its own
 */
export function defineAdapter<Opened extends Source, Shape extends z.ZodRawShape = Readonly<Record<never, never>>, Own = undefined>(spec: AdapterSpec<Opened, Shape, Own>): Adapter {
  for (const [name, connector] of Object.entries(spec.connectors)) {
    if (name !== connector.vendor) throw new TypeError(`adapter ${spec.name}: connector ${name} calls itself ${connector.vendor}`);
  }
  return spec as unknown as Adapter;
}
