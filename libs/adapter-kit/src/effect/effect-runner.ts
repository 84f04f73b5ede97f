/**
 * Makes effects happen, in any number of replicas.
 * 1. A call is made only under a claim that is committed, and only before the deadline that began with the claim (S6): a process
 *    that slept in between sends nothing.
 * 2. Whatever was submitted and has no outcome is read back before it is sent again; an absence counts after deadline and settle time.
 * 3. An outcome and what follows from it commit together, if the claim is still ours. The rows of the adapter's own code are
 *    locked first, the effect's last, as in its other transactions.
 * 4. Of a paused flow nothing is claimed, neither to be sent nor to be read back; what is under way ends.
 * 5. A claim is short and renewed while its process lives: what a killed one had in hand is read back by any replica within seconds. What
 *    that look does not find counts as absent no sooner than before (2); whoever lost a claim and lives drops its outcome (3).
 */
import { doneWithin, type Flow, type FlowSwitch, Rate } from '@steward/event-bus';
import { beforeScrape, counter, type Clock, currentTraceparent, type Database, gauge, inSpan, Listener, type Logger, RejectedError, StewardError, through } from '@steward/platform';
import { calling } from '../http/caller';
import { Bell } from '../loop/bell';
import { loop } from '../loop/loop';
import { type Effect, idempotencyKeyOf } from './define-effect';
import { type Claimed, claimEffects, countOpenEffects, lookAtEffects, moveEffect, renewClaims } from './effect.store';
import { effectChannel } from './intend';
import { abandoned, afterCall, type Result, type Step } from './next-state';
import { within } from './within';

const effects = counter('steward_effects_total', 'Steps of writes to systems of record, by what came of them', ['kind', 'outcome']);
const open = gauge('steward_effects_open', 'Writes to systems of record without an outcome', ['kind', 'state']);

const commitWithinMsByDefault = 15_000;
/** A process that stands still for longer is taken for dead; that costs a read of the other system, and never a second write. */
const claimMsByDefault = 6_000;
const cutOffWithinMs = 1_500;
const pollMs = 1_000;
const concurrencyByDefault = 4;

export interface EffectRunnerOptions {
  /** Whose flows these are. */
  readonly service?: string;
  readonly flowSwitch?: Pick<FlowSwitch, 'onChange'>;
  readonly effects: readonly Effect[];
  readonly database: Pick<Database, 'query' | 'transaction'>;
  /** For LISTEN; see RelayOptions. */
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the commit of an outcome, after the deadline of the call; then its claim is renewed no more. */
  readonly commitWithinMs?: number;
  readonly claimMs?: number;
  readonly random?: () => number;
  /** How long `stop` waits for calls under way before it gives them up. */
  readonly stopWithinMs?: number;
}

export class EffectRunner {
  private readonly bells = new Map<string, Bell>();
  private readonly rates = new Map<string, Rate>();
  private readonly stopping = new AbortController();
  /** Ends the calls that are still under way. */
  private readonly cutOff = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  /** What this process holds, and until when it may go on holding it (performance.now). */
  private readonly claims = new Map<string, { readonly kind: string; readonly key: string; readonly claim: number; readonly until: number }>();
  private renewing: NodeJS.Timeout | undefined;
  private renewal: Promise<void> | undefined;
  private listener: Listener | undefined;
  private loops: Promise<void>[] = [];
  private unwatch: () => void = () => undefined;

  constructor(private readonly options: EffectRunnerOptions) {
    for (const { kind } of options.effects) {
      if (this.bells.has(kind)) throw new TypeError(`two effects are called ${kind}`);
      this.bells.set(kind, new Bell());
      this.rates.set(kind, new Rate());
    }
  }

  async start(): Promise<void> {
    const { effects: defined, database, databaseUrl, logger } = this.options;
    this.listener = new Listener({
      url: databaseUrl,
      name: 'effects',
      channels: { [effectChannel]: (kind) => this.bells.get(kind)?.ring() },
      onReconnect: () => this.bells.forEach((bell) => bell.ring()),
      logger,
    });
    await this.listener.start();
    // Stopped while it was starting: nobody would end what begins now.
    if (this.stopping.signal.aborted) return;
    const unsubscribe = this.options.flowSwitch?.onChange(() => this.bells.forEach((bell) => bell.ring()));
    const unwatch = beforeScrape(async () => {
      const counts = await countOpenEffects(database);
      open.reset();
      for (const { kind, state, count } of counts) open.set({ kind, state }, count);
    });
    this.unwatch = () => {
      unsubscribe?.();
      unwatch();
    };
    this.loops = defined.map((effect) => this.run(effect));
    this.renewing = setInterval(() => this.renew(), this.claimMs / 3);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.unwatch();
    await this.listener?.stop();
    await Promise.all(this.loops);
    const { stopWithinMs = 8_000 } = this.options;
    const done = Promise.all(this.underWay);
    if (!(await doneWithin(stopWithinMs, done))) {
      // What was sent has no outcome now, and says so; should not even that be stored, the claims run out.
      this.cutOff.abort();
      await doneWithin(cutOffWithinMs, done);
    }
    clearInterval(this.renewing);
    await this.renewal;
  }

  flows(connectorOf: (kind: string) => string | null = () => null): readonly Flow[] {
    return [...this.rates].map(([kind, rate]): Flow => ({
      flow: this.flowOf(kind), kind: 'effect', entity: null, connector: connectorOf(kind), promiseMs: null,
      look: async () => {
        const { count, oldestMs } = await lookAtEffects(this.options.database, kind);
        return { latenessMs: Math.max(0, oldestMs), held: count, perSecond: rate.perSecond() };
      },
    }));
  }

  private flowOf(kind: string): string {
    const { service } = this.options;
    return service === undefined ? kind : `${service}.${kind}`;
  }

  private run(effect: Effect): Promise<void> {
    const { database, clock, logger, commitWithinMs = commitWithinMsByDefault } = this.options;
    const { kind, deadlineMs, settleMs, concurrency = concurrencyByDefault } = effect;
    const bell = this.bells.get(kind) ?? new Bell();
    const flow = this.flowOf(kind);
    let seats = concurrency;
    const turn = async (): Promise<number> => {
      if (seats === 0) return pollMs;
      const claimedAt = performance.now();
      const until = claimedAt + deadlineMs + commitWithinMs;
      const except = [...this.claims.values()].filter((held) => held.kind === kind).map(({ key }) => key);
      const { claimed, dueInMs } = await claimEffects(database, kind, { limit: seats, claimMs: Math.min(this.claimMs, deadlineMs + commitWithinMs), absenceAfterMs: deadlineMs + settleMs, flow, except });
      for (const each of claimed) {
        seats -= 1;
        const held = `${kind} ${each.key}`;
        this.claims.set(held, { kind, key: each.key, claim: each.claim, until });
        const step = this.step(effect, each, { claimedAt, until }).then((over) => {
          const full = seats === 0;
          seats += 1;
          this.claims.delete(held);
          this.underWay.delete(step);
          // Whoever found no seat, or has to be looked at again, is not in the time that the loop waits for; all others are.
          if (full || !over) bell.ring();
        });
        this.underWay.add(step);
      }
      return Math.min(pollMs, Math.max(1, dueInMs ?? pollMs));
    };
    return loop({ name: `effect ${kind}`, clock, logger, signal: this.stopping.signal, bell, turn });
  }

  private get claimMs(): number {
    return this.options.claimMs ?? claimMsByDefault;
  }

  /** One at a time: a database that is slow must not be asked again and again. */
  private renew(): void {
    const now = performance.now();
    const held = [...this.claims.values()].filter(({ until }) => now < until);
    if (held.length === 0 || this.renewal !== undefined) return;
    const { database, logger } = this.options;
    this.renewal = renewClaims(database, held, this.claimMs)
      .catch((error: unknown) => logger.warn({ err: error, claims: held.length }, 'claims of effects could not be renewed'))
      .finally(() => (this.renewal = undefined));
  }

  /** Whether nothing of it is left to do. */
  private async step(effect: Effect, raw: Claimed, { claimedAt, until }: { claimedAt: number; until: number }): Promise<boolean> {
    const parsed = effect.request?.safeParse(raw.request);
    const claimed = parsed?.success ? { ...raw, request: parsed.data } : raw;
    return inSpan(`effect ${effect.kind}`, { parent: claimed.traceparent }, async () => {
      // It was never sent, and can't be.
      const invalid = raw.was === 'intended' ? parsed?.error : undefined;
      const result: Result = invalid ? { kind: 'refused', code: 'EFFECT_REQUEST_INVALID', reason: invalid.message.slice(0, 1_000) } : await this.call(effect, claimed, claimedAt);
      return this.settle(effect, claimed, afterCall(claimed, result, this.options.random), until);
    });
  }

  /** What the system of record says. Never throws. */
  private async call(effect: Effect, { key, request, was, abandoned: givenUp, answer }: Claimed, claimedAt: number): Promise<Result> {
    const { kind, deadlineMs } = effect;
    if (was === 'intended' && givenUp) return { kind: 'refused', ...abandoned };
    const leftMs = deadlineMs - (performance.now() - claimedAt);
    const call = { key, idempotencyKey: idempotencyKeyOf(kind, key) };
    const doing = was === 'intended' ? 'submit' : 'read back';
    try {
      return await inSpan(`${doing} ${kind}`, { kind: 'client' }, () =>
        within(leftMs, this.cutOff.signal, (signal) =>
          calling({ lane: 'checkout', until: performance.now() + leftMs, signal }, () =>
            was === 'intended'
              ? through('effect-submit', () => effect.submit(request, { ...call, signal }))
              : through('effect-read-back', () => effect.readBack(request, { ...call, signal, answer })),
          ),
        ),
      );
    } catch (error) {
      this.options.logger.warn({ err: error, kind, key, doing }, 'a call to a system of record has no outcome');
      return { kind: 'thrown', error };
    }
  }

  /** Tries as long as the claim lasts: the outcome is in the hand, and whoever has to find it out again asks the system once more. */
  private async settle(effect: Effect, claimed: Claimed, step: Step, until: number): Promise<boolean> {
    const { database, clock, logger } = this.options;
    const { kind } = effect;
    const { key, request, traceparent, correlation_id: correlationId } = claimed;
    for (let tries = 0; ; tries += 1) {
      try {
        await through('effect-commit', () =>
          database.transaction(async (tx) => {
            if (step.outcome) await effect.settled(tx, { key, request, outcome: step.outcome, correlationId, traceparent: currentTraceparent() ?? traceparent });
            if (!(await moveEffect(tx, kind, claimed, step.next))) throw new RejectedError('EFFECT_CLAIM_LOST', `${kind} ${key}`);
          }),
        );
        effects.inc({ kind, outcome: step.counts });
        const over = step.counts === 'confirmed' || step.counts === 'refused';
        if (over) this.rates.get(kind)?.add(1);
        return over;
      } catch (error) {
        const lost = error instanceof StewardError && error.code === 'EFFECT_CLAIM_LOST';
        const backoffMs = 50 + Math.random() * Math.min(2_000, 100 * 2 ** tries);
        if (lost || this.cutOff.signal.aborted || performance.now() + backoffMs > until) {
          logger[lost ? 'info' : 'error']({ err: error, kind, key, outcome: step.counts }, 'an outcome could not be stored, it is found out again');
          return false;
        }
        logger.warn({ err: error, kind, key, tries }, 'an outcome could not be stored yet');
        await clock.sleep(backoffMs, this.cutOff.signal);
      }
    }
  }
}
