/** How what runs, and what may be released, is shown. */
import { z } from 'zod';
import { instant } from '../api/answer';
import type { Living, Lost, Verdict, VersionAct } from './facts';
import { releaseShape } from './release.shape';

// Of the answers alone: what is sent to be registered is described where it is sent.
const releaseView = releaseShape.meta({ id: 'Release', description: 'One build of one service, by its own declarations.' });

const livingView = z.object({ service: z.string(), process: z.string(), instance: z.string(), release: releaseView, applied: z.array(z.string()).describe('Migrations that its database has had.') }).meta({ id: 'Living', description: 'A process that was heard a moment ago.' }) satisfies z.ZodType<Living>;
const lostView = z.object({ service: z.string(), process: z.string(), instance: z.string(), version: z.string(), silentForMs: z.int() }).meta({ id: 'Lost', description: 'A process that has fallen silent without saying that it ends.' }) satisfies z.ZodType<Lost>;
const versionView = z.object({ entity: z.string(), major: z.int(), state: z.enum(['deprecated', 'retired']), until: instant.nullable() }).meta({ id: 'VersionAct', description: 'What became of a version of a contract.' }) satisfies z.ZodType<VersionAct>;

export const runningView = z.object({ items: z.array(livingView), lost: z.array(lostView), silent: z.array(z.string()).describe('Services of which nothing runs.'), registered: z.array(releaseView), versions: z.array(versionView) });

const broken = z.object({ kind: z.enum(['reader', 'producer', 'stream', 'outbox', 'held', 'letter', 'announced', 'stored', 'retired']), service: z.string(), contract: z.string(), owner: z.string(), detail: z.string() });
export const verdictView = z
  .object({
    answer: z.enum(['yes', 'no', 'cannot-say']), breaks: z.array(broken), missing: z.array(z.string()).describe('What is not known.'), notes: z.array(z.string()),
    order: z.array(z.object({ service: z.string(), version: z.string() })).describe('In which order changes that belong together can be made.'),
  })
  .meta({ id: 'Verdict', description: '`no` is proven by what breaks, `cannot-say` by what is missing.' }) satisfies z.ZodType<Verdict>;

export const registeredView = z.object({ dryRun: z.boolean(), release: releaseView });
export const deprecatedView = z.object({ dryRun: z.boolean(), contract: z.string(), state: z.literal('deprecated'), until: instant.nullable() });
export const retiredView = verdictView.extend({ dryRun: z.boolean(), contract: z.string(), state: z.literal('retired').optional().describe('Unless it was a dry run.') });
