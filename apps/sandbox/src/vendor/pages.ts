import { Collection, type Entry, type Position } from '../store/collection';
import type { Fault } from './faults';

export interface Question {
  readonly ids?: readonly string[];
  readonly sort: 'modified' | 'id';
  readonly from: Position;
  readonly limit: number;
}

/** An answer before it is JSON. `total` is the number of records in the collection, whatever was asked. */
export interface Answer {
  readonly items: readonly Entry[];
  readonly hasMore: boolean;
  readonly next: string | null;
  readonly total: number;
}

export function answer(collection: Collection, question: Question, stale: readonly Fault[], now: number): Answer {
  const view = stale.length === 0 ? collection : lagging(collection, stale, now);
  if (question.ids) {
    const items = question.ids.map((id) => view.get(id)).filter((entry) => entry !== undefined);
    return { items, hasMore: false, next: null, total: view.size };
  }
  const found = question.sort === 'id' ? view.listedAfter(question.from.id, question.limit + 1) : view.changedAfter(question.from, question.limit + 1);
  const items = found.slice(0, question.limit);
  return { items, hasMore: found.length > items.length, next: nextOf(items.at(-1), question.sort), total: view.size };
}

export function toJson(page: Answer): string {
  return `{"items":[${page.items.map((entry) => entry.json).join(',')}],"next":${page.next},"hasMore":${page.hasMore},"total":${page.total}}`;
}

/** What the faults of an answer's body make of it. */
export function spoil(page: Answer, faults: readonly Fault[]): string {
  let spoiled = page;
  for (const { spec } of faults) {
    const id = spec.match?.id;
    if (spec.kind === 'empty') spoiled = id === undefined ? { items: [], hasMore: false, next: null, total: 0 } : without(spoiled, id);
    if (spec.kind === 'truncated') spoiled = cut(spoiled, id);
    if (spec.kind === 'malformed' && id !== undefined) spoiled = { ...spoiled, items: spoiled.items.map((entry) => (entry.id === id ? garbled(entry) : entry)) };
  }
  const text = toJson(spoiled);
  const broken = faults.some(({ spec }) => spec.kind === 'malformed' && spec.match?.id === undefined);
  return broken ? text.slice(0, Math.floor(text.length / 2)) : text;
}

/** A read replica that is behind: a record changed within the lag is shown as it was one change ago. */
function lagging(collection: Collection, stale: readonly Fault[], now: number): Collection {
  const view = new Collection();
  for (const entry of collection.all()) {
    const behind = stale.some(({ spec }) => (spec.match?.id ?? entry.id) === entry.id && entry.modifiedAt > now - (spec.delayMs ?? Number.POSITIVE_INFINITY));
    const shown = behind ? collection.before(entry.id) : entry;
    if (shown) view.put(shown);
  }
  return view;
}

function nextOf(last: Entry | undefined, sort: Question['sort']): string | null {
  if (last === undefined) return null;
  return JSON.stringify(sort === 'id' ? { after: last.id } : { modifiedSince: new Date(last.modifiedAt).toISOString(), after: last.id });
}

function without(page: Answer, id: string): Answer {
  return { ...page, items: page.items.filter((entry) => entry.id !== id), total: page.total - 1 };
}

/** Half of the items, claiming to be all of them; the total still tells the truth. */
function cut(page: Answer, id: string | undefined): Answer {
  const before = id === undefined ? Math.floor(page.items.length / 2) : page.items.findIndex((entry) => entry.id === id);
  return { ...page, items: page.items.slice(0, Math.max(0, before)), hasMore: false, next: null };
}

/** Keeps what names the record, so that whoever reads it can say which one is broken. */
function garbled(entry: Entry): Entry {
  const record = JSON.parse(entry.json) as Record<string, unknown>;
  const fields = Object.keys(record).map((name) => [name, ['id', 'modifiedAt', 'version'].includes(name) ? record[name] : { malformed: true }]);
  return { ...entry, json: JSON.stringify(Object.fromEntries(fields)) };
}
