// The CRM files people under the shop's own numbers, so that writing twice is writing once.
import { collections, type Fields } from '../records/collections';
import { customerBody } from '../records/customer.wire';
import type { Store } from '../store/store';
import { jsonProblem } from '../vendor/json-api';
import { operation, type Deed, type Operation, type Plan } from '../vendor/operations';
import { patchOf } from './patch';
import { refusal } from './sheets';

const spec = collections.customers;
const one = '/crm/customers/{id}';

export function customerOperations(store: Store): readonly Operation[] {
  return [
    operation('PUT', one, customerBody, ({ params, body }) => write(params['id'] ?? '', () => put(store, params['id'] ?? '', { ...decidedHere(store, params['id'] ?? ''), ...body }))),
    operation('PATCH', one, patchOf(customerBody), ({ params, body }) =>
      write(params['id'] ?? '', () => {
        const known = own(store, params['id'] ?? '');
        return known ? put(store, params['id'] ?? '', { ...known, ...body }) : refusal(absent(params['id'] ?? ''));
      }),
    ),
    {
      method: 'DELETE',
      path: one,
      plan: ({ params }) =>
        write(params['id'] ?? '', () => {
          const id = params['id'] ?? '';
          return own(store, id) ? { parts: [{ spec, id, record: null }], answer: () => ({ status: 204, json: '' }) } : refusal(absent(id));
        }),
    },
  ];
}

function write(id: string, act: () => Deed): Plan {
  return { kind: 'write', names: [id], act };
}

function put(store: Store, id: string, given: Fields): Deed {
  const status = store.of(spec).get(id) ? 200 : 201;
  return { parts: [{ spec, id, record: spec.record.parse({ ...given, id }) }], answer: ([entry]) => ({ status, json: entry?.json ?? '' }) };
}

/** What the shop may not write, it does not overwrite either. */
function decidedHere(store: Store, id: string): Fields {
  const known = own(store, id) ?? {};
  return Object.fromEntries(Object.entries(known).filter(([name]) => !(name in customerBody.shape)));
}

function own(store: Store, id: string): Fields | undefined {
  const stored = store.read(spec, id);
  if (!stored) return undefined;
  const { modifiedAt: _at, version: _version, ...record } = stored;
  return record;
}

function absent(id: string) {
  return jsonProblem(404, 'not_found', `there is no ${JSON.stringify(id)}`);
}
