import { z } from 'zod';
import type { Feature } from '../api/feature';
import { nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { ownersSeen } from '../api/roles';
import { defineRoute, pageFields } from '../api/route';
import { refused } from '../api/input';
import type { Entry } from './audited';
import { type Anchor, Anchoring, entryColumns, verifyAudit } from './verify';

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
          query: { ...pageFields, owner: short.optional(), actor: short.optional(), act: short.optional(), subject: short.optional(), outcome: z.enum(['done', 'asked', 'failed', 'denied']).optional() },
          handle: async ({ who, query: { first, after, owner, actor, act, subject, outcome } }): Promise<Page<unknown>> => {
            const list = nameOfList('audit', owner, actor, act, subject, outcome);
            const position = pagePosition(list, after, ['instant', 'string', 'number']);
            const rows = await database.query<Entry & Record<string, unknown>>(
              `select ${entryColumns} from audit.entry
                where ($1::text[] is null or owner = any($1)) and ($2::text is null or owner = $2) and ($3::text is null or actor = $3)
                  and ($4::text is null or act = $4) and ($5::text is null or subject = $5) and ($6::text is null or outcome = $6)
                  and ($7::timestamptz is null or at < $7 or at = $7 and (owner > $8 or owner = $8 and sequence < $9))
                order by at desc, owner, sequence desc limit $10`,
              [ownersSeen(who), owner ?? null, actor ?? null, act ?? null, subject ?? null, outcome ?? null, ...(position ?? [null, null, null]), first + 1],
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
