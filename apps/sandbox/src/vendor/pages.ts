import { Collection, type Entry, type Position } from '../store/collection';
import type { Fault } from './faults';

export interface Question {
  readonly ids?: readonly string[];
  /** What the records are filed under. */
  readonly filed?: string;
  readonly sort: 'modified' | 'id';
  readonly from: Position;
  readonly limit: number;
}

/** An answer before it is JSON. `total` is the number of records in the collection, whatever was asked. */
export interface Page {
  readonly items: readonly Entry[];
  readonly hasMore: boolean;
  readonly next: string | null;
  readonly total: number;
}

export function pageOf(view: Collection, question: Question): Page {
  const all = (items: readonly Entry[]): Page => ({ items, hasMore: false, next: null, total: view.size });
  if (question.ids) return all(question.ids.map((id) => view.get(id)).filter((entry) => entry !== undefined));
  if (question.filed !== undefined) return all(view.filed(question.filed));
  const found = question.sort === 'id' ? view.listedAfter(question.from.id, question.limit + 1) : view.changedAfter(question.from, question.limit + 1);
  const items = found.slice(0, question.limit);
  return { items, hasMore: found.length > items.length, next: nextOf(items.at(-1), question.sort), total: view.size };
}

function pageText(page: Page): string {
  return `{"items":[${page.items.map((entry) => entry.json).join(',')}],"next":${page.next},"hasMore":${page.hasMore},"total":${page.total}}`;
}

/** What the faults of an answer's body make of a page. */
export function spoilPage(page: Page, faults: readonly Fault[], toText: (page: Page) => string = pageText): string {
  let spoiled = page;
  for (const { spec } of faults) {
    const id = spec.match?.id;
    if (spec.kind === 'empty') spoiled = id === undefined ? { items: [], hasMore: false, next: null, total: 0 } : without(spoiled, id);
    if (spec.kind === 'truncated') spoiled = cut(spoiled, id);
    if (spec.kind === 'malformed' && id !== undefined) spoiled = { ...spoiled, items: spoiled.items.map((entry) => (entry.id === id ? { ...entry, json: garbled(entry.json) } : entry)) };
  }
  return spoilText(toText(spoiled), faults);
}

/** The same of one record: empty is an object without fields, truncated has half of them. */
export function spoilOne(json: string, faults: readonly Fault[]): string {
  let spoiled = json;
  for (const { spec } of faults) {
    if (spec.kind === 'empty') spoiled = '{}';
    if (spec.kind === 'truncated') spoiled = halved(spoiled);
    if (spec.kind === 'malformed' && spec.match?.id !== undefined) spoiled = garbled(spoiled);
  }
  return spoilText(spoiled, faults);
}

/** A read replica that is behind: a record changed within the lag is shown as it was one change ago. */
export function viewOf(collection: Collection, stale: readonly Fault[], now: number): Collection {
  if (stale.length === 0) return collection;
  const view = new Collection(collection.filedUnder);
  for (const entry of collection.all()) {
    const behind = stale.some(({ spec }) => (spec.match?.id ?? entry.id) === entry.id && entry.modifiedAt > now - (spec.delayMs ?? Number.POSITIVE_INFINITY));
    const shown = behind ? collection.before(entry.id) : entry;
    if (shown) view.put(shown);
  }
  return view;
}

function spoilText(text: string, faults: readonly Fault[]): string {
  const broken = faults.some(({ spec }) => spec.kind === 'malformed' && spec.match?.id === undefined);
  return broken ? text.slice(0, Math.floor(text.length / 2)) : text;
}

function nextOf(last: Entry | undefined, sort: Question['sort']): string | null {
  if (last === undefined) return null;
  return JSON.stringify(sort === 'id' ? { after: last.id } : { modifiedSince: new Date(last.modifiedAt).toISOString(), after: last.id });
}

function without(page: Page, id: string): Page {
  return { ...page, items: page.items.filter((entry) => entry.id !== id), total: page.total - 1 };
}

/** Half of the items, claiming to be all of them; the total still tells the truth. */
function cut(page: Page, id: string | undefined): Page {
  const before = id === undefined ? Math.floor(page.items.length / 2) : page.items.findIndex((entry) => entry.id === id);
  return { ...page, items: page.items.slice(0, Math.max(0, before)), hasMore: false, next: null };
}

/** Keeps what names the record, so that whoever reads it can say which one is broken. */
function garbled(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const fields = Object.keys(record).map((name) => [name, ['id', 'modifiedAt', 'version'].includes(name) ? record[name] : { malformed: true }]);
  return JSON.stringify(Object.fromEntries(fields));
}

function halved(json: string): string {
  const fields = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(fields.slice(0, Math.floor(fields.length / 2))));
}
