import { z } from 'zod';
import type { Feature } from '../api/feature';
import { type Answered, pageAnswer } from '../api/answer';
import { ownersSeen } from '../api/roles';
import { defineRoute, pageFields } from '../api/route';
import { refused } from '../api/input';
import { listOf } from '../query/list-of';
import type { Fields } from '../query/where';
import { type Entry, outcomes } from './audited';
import { auditEntry, shownEntry } from './entries';
import { type Anchor, Anchoring, type Chain, entryColumns, verifyAudit } from './verify';

const auditFields: Fields = {
  owner: { kind: 'text', sql: 'owner', whole: true },
  actor: { kind: 'text', sql: 'actor', whole: true },
  act: { kind: 'text', sql: 'act', whole: true },
  subject: { kind: 'text', sql: 'subject', whole: true },
  outcome: { kind: 'text', sql: 'outcome', values: outcomes },
  age: { kind: 'age', sql: 'at' },
};

const entries = listOf<Entry, Answered<typeof auditEntry>>({
  name: 'audit', columns: entryColumns, from: 'audit.entry', ownedBy: 'owner = any($1)', fields: auditFields, words: ['reason', 'subject'],
  order: [{ sql: 'at', is: 'instant' }, { sql: 'owner', is: 'string' }, { sql: 'sequence', is: 'number' }], show: shownEntry,
});

const short = z.string().min(1).max(200);
const hash = z.string().regex(/^[0-9a-f]{64}$/, { error: '64 hexadecimal digits' });
const sequence = z.string().regex(/^[1-9][0-9]{0,14}$/, { error: 'a number from 1' }).transform(Number);

const chain = z.object({ owner: z.string(), entries: z.int(), head: z.string(), fault: z.object({ sequence: z.int(), detail: z.string() }).nullable().describe('null = whole.') }) satisfies z.ZodType<Chain>;

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
          answer: pageAnswer(auditEntry),
          handle: ({ who, query }) => entries.page(database, query, ownersSeen(who)),
        }),
        defineRoute({
          method: 'GET',
          path: '/audit/verify',
          operationId: 'verifyAudit',
          summary: 'Whether the audit is what was written; compares an anchor that was kept elsewhere',
          role: 'viewer',
          query: { owner: short.optional(), sequence: sequence.optional(), hash: hash.optional() },
          answer: z.object({ ok: z.boolean(), chains: z.array(chain) }),
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

/** All of it or nothing: half an anchor would be compared with nothing, and nobody would notice. */
function anchorOf({ owner, sequence, hash }: { readonly owner?: string | undefined; readonly sequence?: number | undefined; readonly hash?: string | undefined }): Anchor[] {
  if (owner === undefined && sequence === undefined && hash === undefined) return [];
  if (owner === undefined || sequence === undefined || hash === undefined) throw refused('/owner', 'is not a whole anchor', 'owner, sequence and hash together');
  return [{ owner, sequence, hash }];
}
