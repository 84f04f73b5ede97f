/**
 * What is missing between two ends, by name: a timeline shows only what happened, and a gap is what did not. Pure.
 */
import { contracts as all, type Contract, type TraceEntry } from '@steward/contracts';
import { z } from 'zod';
import { instant } from '../api/answer';

export const sideView = z.object({ entity: z.string(), key: z.string(), owner: z.string(), announced: z.int(), held: z.record(z.string(), z.int().nullable()) }).meta({ id: 'Side', description: 'How one thing stands at its owner and at each service that projects it.' });
export type Side = z.output<typeof sideView>;

export const gapView = z.object({ entity: z.string(), key: z.string(), from: z.string(), to: z.string(), expected: z.int(), found: z.int().nullable(), since: instant, reason: z.string() }).meta({ id: 'Gap', description: 'What one has announced and another has not applied.' });
export type Gap = z.output<typeof gapView>;

/** Younger than this it is on its way, and no gap of anybody. */
const IN_FLIGHT_MS = 5_000;

export function compareSides(entries: readonly TraceEntry[], silent: readonly string[], traced: readonly string[], now: number, contracts: readonly Contract[] = all): { readonly sides: Side[]; readonly gaps: Gap[] } {
  const announced = new Map<string, TraceEntry & { readonly revision: number }>();
  for (const entry of entries) {
    const { what, revision, entity, key } = entry;
    if (what !== 'announced' || revision === null) continue;
    const known = announced.get(`${entity}/${key}`);
    if (known === undefined || known.revision < revision) announced.set(`${entity}/${key}`, { ...entry, revision });
  }
  const sides: Side[] = [];
  const gaps: Gap[] = [];
  for (const { entity, key, revision, service, at } of announced.values()) {
    const consumers = contracts.find((contract) => contract.entity === entity && contract.systems.includes(service))?.consumers ?? [];
    const projecting = new Set(consumers.filter(({ purpose, from, service: to }) => purpose === 'projection' && from.includes(service) && traced.includes(to)).map(({ service: to }) => to));
    const held: Record<string, number | null> = {};
    for (const to of projecting) {
      const about = entries.filter((entry) => entry.service === to && entry.entity === entity && entry.key === key);
      const found = about.reduce<number | null>((highest, entry) => (entry.what === 'applied' && entry.revision !== null && entry.revision > (highest ?? -1) ? entry.revision : highest), null);
      held[to] = found;
      if (found !== null && found >= revision) continue;
      const reason = whyMissing({ to, at, now, silent, about, waits: entries.some((entry) => entry.what === 'outbox' && entry.service === service && entry.entity === entity && entry.key === key) });
      if (reason !== null) gaps.push({ entity, key, from: service, to, expected: revision, found, since: at, reason });
    }
    sides.push({ entity, key, owner: service, announced: revision, held });
  }
  return { sides, gaps };
}

interface Missing {
  readonly to: string;
  readonly at: string;
  readonly now: number;
  readonly silent: readonly string[];
  readonly about: readonly TraceEntry[];
  readonly waits: boolean;
}

function whyMissing({ to, at, now, silent, about, waits }: Missing): string | null {
  if (silent.includes(to)) return `${to} does not answer: what it holds is not known`;
  if (about.some(({ what }) => what === 'letter')) return `it is a dead letter of ${to}`;
  if (waits) return 'it waits in the outbox of its owner: the broker does not take it';
  if (about.some(({ what }) => what === 'held')) return `${to} holds it until what comes before it has come`;
  return now - Date.parse(at) < IN_FLIGHT_MS ? null : `it was announced, and ${to} has not applied it`;
}
