import { z } from 'zod';
import type { Feature } from '../api/feature';
import { nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { ownersSeen } from '../api/roles';
import { defineRoute, pageFields } from '../api/route';
import { refused } from '../api/input';
import { parseQuery, type Term } from '../query/grammar';
import { type Fields, whereOf } from '../query/where';
import type { Entry } from './audited';
import { type Anchor, Anchoring, entryColumns, verifyAudit } from './verify';

const auditFields: Fields = {
  owner: { kind: 'text', sql: 'owner' },
  actor: { kind: 'text', sql: 'actor' },
  act: { kind: 'text', sql: 'act' },
  subject: { kind: 'text', sql: 'subject' },
  outcome: { kind: 'text', sql: 'outcome', values: ['done', 'asked', 'failed', 'denied'] },
  age: { kind: 'age', sql: 'at' },
};

const short = z.string().min(1).max(200);
const hash = z.string().regex(/^[0-9a-f]{64}$/, { error: '64 hexadecimal digits' });
const sequence = z.string().regex(/^[1-9][0-9]{0,14}$/, { error: 'a number from 1' }).transform(Number);

export const auditFeature: Feature = {
  name: 'audit',
  open: ({ database, clock, logger }) => {
    const anchoring = new Anchoring({ database, clock, logger });
    return {
      start: () => anchoring.start(),
      stop: () => anchoring.stop(),
      routes: [
        defineRoute({
          method: 'GET',
          path: '/audit',
          operationId: 'audit',
          summary: 'What people did, the latest first',
          role: 'viewer',
          query: { ...pageFields, q: z.string().max(1_000).optional(), owner: short.optional(), actor: short.optional(), act: short.optional(), subject: short.optional(), outcome: short.optional() },
          handle: async ({ who, query: { first, after, q, ...filters } }): Promise<Page<unknown>> => {
            // A subject may hold commas and is one value.
            const terms: Term[] = [...parseQuery(q ?? ''), ...Object.entries(filters).flatMap(([field, value]): Term[] => (value === undefined ? [] : [{ field, operator: ':', values: [value], negated: false }]))];
            const list = nameOfList('audit', terms);
            const position = pagePosition(list, after, ['instant', 'string', 'number']);
            const parameters: unknown[] = [ownersSeen(who), ...(position ?? [null, null, null]), first + 1];
            const where = whereOf(terms, auditFields, ['reason', 'subject'], parameters);
            const rows = await database.query<Entry & Record<string, unknown>>(
              `select ${entryColumns} from audit.entry
                where ($1::text[] is null or owner = any($1)) and ($2::timestamptz is null or at < $2 or at = $2 and (owner > $3 or owner = $3 and sequence < $4)) and ${where}
                order by at desc, owner, sequence desc limit $5`,
              parameters,
            );
            return pageOf(list, first, rows, (row) => [row.at.toISOString(), row.owner, row.sequence], shownEntry);
          },
        }),
        defineRoute({
          method: 'GET',
          path: '/audit/verify',
          operationId: 'verifyAudit',
          summary: 'Whether the audit is what was written; compares an anchor that was kept elsewhere',
          role: 'viewer',
          query: { owner: short.optional(), sequence: sequence.optional(), hash: hash.optional() },
          answer: z.object({ ok: z.boolean(), chains: z.array(z.object({ owner: z.string(), entries: z.number(), head: z.string(), fault: z.object({ sequence: z.number(), detail: z.string() }).nullable() })) }),
          handle: async ({ who, query }) => {
            const kept = anchorOf(query);
            const seen = ownersSeen(who);
            const chains = (await verifyAudit(database, kept)).filter(({ owner }) => seen === null || seen.includes(owner));
            return { ok: chains.every(({ fault }) => fault === null), chains };
          },
        }),
      ],
    };
  },
};

function shownEntry({ before, after, at, ...entry }: Entry): object {
  return { ...entry, at: at.toISOString(), before: before === null ? null : (JSON.parse(before) as unknown), after: after === null ? null : (JSON.parse(after) as unknown) };
}

/** All of it or nothing: half an anchor would be compared with nothing, and nobody would notice. */
function anchorOf({ owner, sequence, hash }: { readonly owner?: string | undefined; readonly sequence?: number | undefined; readonly hash?: string | undefined }): Anchor[] {
  if (owner === undefined && sequence === undefined && hash === undefined) return [];
  if (owner === undefined || sequence === undefined || hash === undefined) throw refused('/owner', 'is not a whole anchor', 'owner, sequence and hash together');
  return [{ owner, sequence, hash }];
}
