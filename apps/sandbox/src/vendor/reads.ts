// `GET /<system>/<collection>` and `…/{id}`: what adapters read, the same for every vendor but the PSP.
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import type { CollectionSpec, Fields } from '../records/collections';
import type { Store } from '../store/store';
import { jsonProblem } from './json-api';
import type { Operation, Plan } from './operations';
import { pageOf, spoilOne, spoilPage, viewOf, type Question } from './pages';

const MAX_LIMIT = 500;
const MAX_IDS = 200;
const START = '1970-01-01T00:00:00.000Z';

const query = z.strictObject({
  modifiedSince: z.iso.datetime({ offset: true }).default(START),
  after: z.string().default(''),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  sort: z.enum(['modified', 'id']).default('modified'),
  page: z.coerce.number().int().min(1).optional(),
  ids: z.unknown().optional(),
});

export function readsOf(spec: CollectionSpec, store: Store, clock: Clock): readonly Operation[] {
  const path = `/${spec.system}/${spec.name}`;
  return [
    {
      method: 'GET',
      path,
      plan: ({ query: given, url }) => {
        const question = toQuestion(spec, given, url);
        return typeof question === 'string' ? refused(400, 'invalid_parameter', question) : list(spec, store, clock, question);
      },
    },
    { method: 'GET', path: `${path}/{id}`, plan: ({ params }) => one(spec, store, clock, params['id'] ?? '') },
  ];
}

function list(spec: CollectionSpec, store: Store, clock: Clock, question: Question): Plan {
  return {
    kind: 'read',
    look: (stale) => {
      const page = pageOf(viewOf(store.of(spec), stale, clock.now()), question);
      const asked = question.filed === undefined ? [] : [question.filed];
      return { status: 200, names: question.ids ?? [...asked, ...page.items.map(({ id }) => id)], text: (faults) => spoilPage(page, faults) };
    },
  };
}

function one(spec: CollectionSpec, store: Store, clock: Clock, id: string): Plan {
  return {
    kind: 'read',
    look: (stale) => {
      const entry = viewOf(store.of(spec), stale, clock.now()).get(id);
      if (!entry) return { status: 404, names: [id], text: () => jsonProblem(404, 'not_found', `there is no ${JSON.stringify(id)}`).json };
      return { status: 200, names: [id], text: (faults) => spoilOne(entry.json, faults) };
    },
  };
}

function refused(status: number, code: string, message: string): Plan {
  return { kind: 'refused', answer: jsonProblem(status, code, message) };
}

function toQuestion(spec: CollectionSpec, given: Fields, url: string): Question | string {
  const { [spec.filedBy ?? '']: word, ...others } = given;
  const parsed = query.safeParse(others);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`).join('; ');
  const { modifiedSince, after, limit, sort } = parsed.data;
  const asked: Question = { sort, limit, from: { modifiedAt: Date.parse(modifiedSince), id: after } };
  if (spec.filedBy !== undefined && word !== undefined) {
    const [filed] = spec.filedUnder?.({ [spec.filedBy]: word }) ?? [];
    return filed === undefined ? `${spec.filedBy}: once` : { ...asked, filed };
  }
  if (parsed.data.ids === undefined) return asked;
  const ids = idsOf(url);
  if (ids === undefined) return 'ids: not percent-encoded UTF-8';
  if (ids.length > MAX_IDS) return `ids: at most ${MAX_IDS} at a time`;
  return { ...asked, ids };
}

/** Ids are split before they are decoded, so that one with a comma in it can be asked for: `ids=a%2Cb,c` is two. */
function idsOf(url: string): string[] | undefined {
  const pairs = url.slice(url.indexOf('?') + 1).split('&');
  const values = pairs.filter((pair) => pair.startsWith('ids=')).map((pair) => pair.slice('ids='.length));
  const ids = values.flatMap((value) => value.split(',')).filter((id) => id !== '');
  try {
    return [...new Set(ids.map((id) => decodeURIComponent(id.replaceAll('+', ' '))))];
  } catch {
    return undefined;
  }
}
