/**
 * A connector, the system that stands in for its vendor's, and the tap between the two.
 * 1. The system lives as long as the stage and its things outlast a check: what they are now is in each scene's `editions`.
 * 2. What a check opens is closed after it, and no lever outlasts it.
 */
import { type Adapter, type AdapterEnv, type Connector, type Effect, type Feed, type HttpLimits, resilientHttp, type Source } from '@steward/adapter-kit';
import { loadEnv, systemClock } from '@steward/platform';
import { Tap } from '../tap/tap.client';
import type { StandIn, VendorProfile } from '../vendor-profile';
import { Evidence } from './evidence';
import type { Tracing } from './tracing';

export interface StageOptions {
  readonly adapter: Adapter;
  readonly vendor: string;
  readonly profile: VendorProfile;
  readonly tracing: Tracing;
  /** How long a condition may take to come true. */
  readonly patienceMs?: number;
}

export class Stage {
  readonly evidence = new Evidence();
  readonly patience: { readonly withinMs: number };
  readonly settings: Readonly<Record<string, string>>;
  private readonly closing: (() => Promise<void>)[] = [];
  private numbers = 0;

  private constructor(
    readonly options: StageOptions,
    readonly connector: Connector,
    readonly standIn: StandIn,
    readonly tap: Tap,
  ) {
    this.patience = { withinMs: options.patienceMs ?? 30_000 };
    this.settings = options.profile.settings(tap.url);
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { adapter, vendor, profile } = options;
    const connector = adapter.connectors[vendor];
    if (connector === undefined) throw new TypeError(`${adapter.name} has no connector ${vendor}: ${Object.keys(adapter.connectors).join(', ')}`);
    const standIn = await profile.start();
    return new Stage(options, connector, standIn, await Tap.open(standIn.url));
  }

  /** The feeds as a process has them that has just started. */
  open(limits: Partial<HttpLimits> = {}): readonly Feed[] {
    return this.openSource(limits).feeds;
  }

  /** As a process has them that has just started, but without a database: what follows from an outcome is not judged here. */
  openEffects(): readonly Effect[] {
    const { logger } = this.evidence;
    const env = loadEnv(this.connector.env, this.settings) as unknown as AdapterEnv;
    const context = { env, clock: systemClock, logger, database: undefined as never, source: this.openSource(), own: undefined };
    return this.options.adapter.effects?.(context) ?? [];
  }

  /** The first of so many numbers that no check has used for a write. */
  takeNumbers(count: number): number {
    this.numbers += count;
    return this.numbers - count + 1;
  }

  private openSource(limits: Partial<HttpLimits> = {}): Source {
    const { logger } = this.evidence;
    const { adapter, vendor } = this.options;
    const http = resilientHttp({ dependency: `${adapter.name}-${vendor}`, clock: systemClock, logger, limits: { perSecond: 1_000, ...this.connector.limits, ...limits } });
    const source = this.connector.open({ env: loadEnv(this.connector.env, this.settings), http, clock: systemClock, logger });
    this.afterCheck(async () => {
      await source.close?.();
      await http.close();
    });
    return source;
  }

  afterCheck(close: () => Promise<void>): void {
    this.closing.push(close);
  }

  async endCheck(): Promise<void> {
    this.tap.play(undefined);
    for (const close of this.closing.splice(0).reverse()) await close();
  }

  async close(): Promise<void> {
    await this.endCheck();
    await this.tap.close();
    await this.standIn.stop();
  }
}
