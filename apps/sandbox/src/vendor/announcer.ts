// Who is told of a change, and how the levers spoil it: those of the request that made it, then the faults of the system.
import { collectionSpecs, pspEvents, type Kept, type SystemName } from '../records/collections';
import type { Change, Store } from '../store/store';
import type { Faults } from './faults';
import type { WebhookEvent, Webhooks } from './webhooks.client';

export type Lever = 'lose' | 'twice' | 'late' | undefined;
export type Announce = (changes: readonly Change[], lever?: Lever) => void;

/** How long a late webhook waits: beyond a poll or two, so that it comes after the cursor saw the change. */
export const LATE_WEBHOOK_MS = 3_000;

interface News {
  readonly system: SystemName;
  readonly path: string;
  readonly names: readonly string[];
  readonly event: WebhookEvent;
}

interface Late {
  readonly system: SystemName;
  readonly waits: number;
  readonly events: WebhookEvent[];
}

export function createAnnouncer(store: Store, faults: Faults, webhooks: Webhooks): Announce {
  return (changes, lever) => {
    const late = new Map<string, Late>();
    for (const change of changes) {
      const news = newsOf(store, change);
      if (news === undefined) continue;
      const { system, event } = news;
      const { times, waits } = fateOf(faults, news, lever);
      for (let time = 0; time < times; time += 1) {
        if (waits === 0) webhooks.send(system, [event]);
        else gather(late, system, waits).push(event);
      }
    }
    for (const { system, waits, events } of late.values()) webhooks.sendLater(system, events, waits);
  };
}

function gather(late: Map<string, Late>, system: SystemName, waits: number): WebhookEvent[] {
  const key = `${system} ${waits}`;
  const known = late.get(key) ?? { system, waits, events: [] };
  late.set(key, known);
  return known.events;
}

function fateOf(faults: Faults, { system, path, names }: News, lever: Lever): { times: number; waits: number } {
  const spoiled = faults.ofWebhook(system, path, (id) => names.includes(id)).map(({ spec }) => spec);
  const is = (kind: string): boolean => spoiled.some((spec) => spec.kind === kind);
  const late = spoiled.find(({ kind }) => kind === 'webhook-late');
  return {
    times: lever === 'lose' || is('webhook-lose') ? 0 : lever === 'twice' || is('webhook-twice') ? 2 : 1,
    waits: late?.delayMs ?? (late || lever === 'late' ? LATE_WEBHOOK_MS : 0),
  };
}

/** Undefined for what the sandbox keeps for itself. */
function newsOf(store: Store, { spec, id, at }: Change): News | undefined {
  if (spec === pspEvents) {
    const { modifiedAt: _at, version: _version, ...event } = store.read(spec, id) ?? {};
    return { system: 'psp', path: String(event['type']), names: namesIn(event), event };
  }
  const told = collectionSpecs.find((one: Kept) => one === spec);
  return told && { system: told.system, path: `/${told.system}/${told.name}`, names: [id], event: { collection: told.name, id, at: new Date(at).toISOString() } };
}

/** Whatever names the object of an event: its id and what the shop wrote into its metadata. */
function namesIn(event: Readonly<Record<string, unknown>>): string[] {
  const { object } = (event['data'] ?? {}) as { object?: { id?: string; payment_intent?: string; metadata?: Record<string, string> } };
  return [object?.id, object?.payment_intent, ...Object.values(object?.metadata ?? {})].filter((name) => name !== undefined);
}
