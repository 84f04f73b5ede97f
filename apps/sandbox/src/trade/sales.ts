import { collections, type Fields } from '../records/collections';
import { saleBody, saleRecord } from '../records/sale.wire';
import type { Store } from '../store/store';
import { jsonProblem } from '../vendor/json-api';
import type { SheetKind } from './sheets';

/** The ERP sells only articles that it has stock records of, whatever they say, and takes nothing back of which a part has left. */
export function saleSheets(store: Store): SheetKind {
  return {
    spec: collections.sales,
    body: saleBody,
    prefix: 'SO',
    openState: 'confirmed',
    objection: (record) => {
      const unknown = saleRecord.parse(record).positions.find(({ article }) => !isStocked(store, article));
      return unknown && jsonProblem(422, 'unknown_article', `position ${unknown.line}: there is no article ${JSON.stringify(unknown.article)}`);
    },
    bound: ({ state, reference }) => {
      if (state !== 'confirmed') return jsonProblem(409, 'not_open', `it is ${String(state)}`);
      return hasLeft(store, String(reference)) ? jsonProblem(409, 'already_shipped', 'a part of it has left the house') : undefined;
    },
  };
}

function isStocked(store: Store, article: string): boolean {
  // Stock records of an article follow each other: their ids begin with it.
  const [next] = store.of(collections.stock).listedAfter(`${article}@`, 1);
  return next?.id.startsWith(`${article}@`) === true;
}

function hasLeft(store: Store, reference: string): boolean {
  const shipments = store.of(collections.shipments).filed(reference);
  return shipments.some(({ json }) => ['shipped', 'delivered'].includes(String((JSON.parse(json) as Fields)['state'])));
}
