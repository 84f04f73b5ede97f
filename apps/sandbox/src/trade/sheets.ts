// Orders and sales are sheets of one kind: the shop hands them in, may change them while they are open, and may take them back.
import type { z } from 'zod';
import type { CollectionSpec, Fields } from '../records/collections';
import { cancelBody } from '../records/order.wire';
import type { Store } from '../store/store';
import { jsonProblem } from '../vendor/json-api';
import { operation, type Answer, type Deed, type Operation, type Plan } from '../vendor/operations';
import { patchOf } from './patch';

export interface SheetKind {
  readonly spec: CollectionSpec;
  /** What the shop may write. */
  readonly body: z.ZodObject;
  /** Ids are `<prefix>-<number>`: the system's own, and no business of the shop's. */
  readonly prefix: string;
  readonly openState: string;
  /** Why a sheet is not taken, though its form is right. */
  readonly objection: (record: Fields) => Answer | undefined;
  /** Why it can't be taken back. */
  readonly bound: (record: Fields) => Answer | undefined;
}

const FIRST_NUMBER = 100_000;

export function sheetOperations(kind: SheetKind, store: Store, now: () => number): readonly Operation[] {
  const { spec, body } = kind;
  const path = `/${spec.system}/${spec.name}`;
  return [
    operation('POST', path, body, ({ body: given }) => create(kind, store, given)),
    operation('PATCH', `${path}/{id}`, patchOf(body), ({ params, body: given }) => change(kind, store, params['id'] ?? '', given)),
    operation('POST', `${path}/{id}/cancel`, cancelBody, ({ params, body: { reason } }) => cancel(kind, store, params['id'] ?? '', reason, now)),
  ];
}

function create(kind: SheetKind, store: Store, given: Fields): Plan {
  const { spec } = kind;
  return {
    kind: 'write',
    names: [String(given['reference'])],
    act: () => {
      const id = `${kind.prefix}-${FIRST_NUMBER + store.nextVersion(spec)}`;
      const record = spec.record.parse({ ...given, id });
      const objection = kind.objection(record);
      return objection ? refusal(objection) : { parts: [{ spec, id, record }], answer: ([entry]) => ({ status: 201, json: entry?.json ?? '', headers: { location: `/${spec.system}/${spec.name}/${id}` } }) };
    },
  };
}

function change(kind: SheetKind, store: Store, id: string, given: Fields): Plan {
  return onKnown(kind, store, id, (record) => {
    if (record['state'] !== kind.openState) return refusal(jsonProblem(409, 'not_open', `it is ${String(record['state'])}`));
    const changed = kind.spec.record.parse({ ...record, ...given });
    const objection = kind.objection(changed);
    return objection ? refusal(objection) : put(kind.spec, id, changed);
  });
}

function cancel(kind: SheetKind, store: Store, id: string, cancelReason: string | null, now: () => number): Plan {
  return onKnown(kind, store, id, (record) => {
    // Said twice it is still cancelled, and nothing changes.
    if (record['state'] === 'cancelled') return refusal({ status: 200, json: store.of(kind.spec).get(id)?.json ?? '' });
    const bound = kind.bound(record);
    if (bound) return refusal(bound);
    return put(kind.spec, id, { ...record, state: 'cancelled', cancelledAt: new Date(now()).toISOString(), cancelReason });
  });
}

function onKnown({ spec }: SheetKind, store: Store, id: string, act: (record: Fields) => Deed): Plan {
  const reference = store.read(spec, id)?.['reference'];
  return {
    kind: 'write',
    names: typeof reference === 'string' ? [id, reference] : [id],
    act: () => {
      const stored = store.read(spec, id);
      if (!stored) return refusal(jsonProblem(404, 'not_found', `there is no ${JSON.stringify(id)}`));
      const { modifiedAt: _at, version: _version, ...record } = stored;
      return act(record);
    },
  };
}

/** An answer that changes nothing. */
export function refusal(answer: Answer): Deed {
  return { parts: [], answer: () => answer };
}

function put(spec: CollectionSpec, id: string, record: Fields): Deed {
  return { parts: [{ spec, id, record }], answer: ([entry]) => ({ status: 200, json: entry?.json ?? '' }) };
}
