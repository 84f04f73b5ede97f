/**
 * One letter as an operator sees it. What the contract calls personal is replaced unless it is to be revealed, the payload's by the version in
 * which it was sent, a stored row's by its own. Of what does not fit its version, or is of one that this build does not know, nobody can say
 * where a person is, so all values are, unless no version of the contract has a person in it.
 */
import { type Contract, type LetterCurrent, type LetterHeader, type LetterReading, type Problem, shipped, versionIn, versionsOf } from '@steward/contracts';
import type { PoolClient } from 'pg';
import { forecast, type StoredLetter } from '../dead-letter/forecast';
import { normalise } from '../dead-letter/normalise';
import { type Acting, lettersOf, readLetter, workOf } from '../dead-letter/redrive';
import { letterColumns, letterOfRow } from '../dead-letter/told-letters';
import { withoutAny, withoutPersonal } from '../privacy/without-personal';
import { bodyHashOf } from './edit';

export async function readLetterWhole(acting: Acting, service: string, id: string, reveal: boolean): Promise<LetterReading | undefined> {
  const { database, works, sources } = acting;
  return database.transaction(async (tx) => {
    const [stored] = await lettersOf(tx, [id]);
    if (stored === undefined) return undefined;
    const { rows } = await tx.query<Parameters<typeof letterOfRow>[0]>(`select ${letterColumns} from dead_letter where id = $1`, [id]);
    const letter = letterOfRow(rows[0] as Parameters<typeof letterOfRow>[0], service);
    const work = workOf(works, stored);
    const catalogue = work?.catalogue ?? shipped;
    const versions = versionsOf(catalogue, stored.entity ?? '');
    const major = versionIn(stored.subject)?.major;
    const contract = versions.find((each) => each.major === major);
    // Of a feed the body is the source's own words: no contract says what of them is personal.
    const ofFeed = sources?.some(({ consumer }) => consumer === stored.consumer) === true;
    const data = parsed(stored.body);
    const problems = contract === undefined || ofFeed || data === undefined ? [] : contract.validateConsumed(data);
    const show = (value: unknown, saidIn: Contract | undefined): unknown => (reveal || value === null || value === undefined ? (value ?? null) : shown(versions, saidIn, value));
    const of = async (table: 'announced' | 'stored_part'): Promise<LetterCurrent | null> => current(tx, table, stored, (value, inMajor) => show(value, versions.find((each) => each.major === inMajor)));
    return {
      letter, bodyHash: bodyHashOf(stored.body), attempts: await attemptsOf(tx, id, reveal),
      headers: Object.entries(stored.headers).map(([name, values]) => header(name, values, reveal)),
      payload: data === undefined ? (reveal ? stored.body.toString('utf8') : null) : show(data, ofFeed || problems.length > 0 ? undefined : contract),
      masked: !reveal, problems: problems as readonly Problem[] as Problem[],
      forecast: await forecast(tx, work, stored, readLetter(work, stored), sources),
      current: { source: ofFeed ? await of('announced') : null, projection: ofFeed ? null : await of('stored_part') },
      siblings: await siblingsOf(tx, stored),
    };
  });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** A contract without a person in any of its versions has nothing to hide. `saidIn` = the version that the value fits. */
function shown(versions: readonly Contract[], saidIn: Contract | undefined, value: unknown): unknown {
  if (versions.length > 0 && versions.every(({ piiPaths }) => piiPaths.length === 0)) return value;
  return saidIn === undefined ? withoutAny(value) : withoutPersonal(saidIn, value);
}

const locked = /^(ce-(id|specversion|type|source|subject|time|dataschema|revision|sequence|tombstone)|nats-.*)$/i;
const sensitive = /auth|token|secret|cookie|password|signature|correlation/i;

function header(name: string, values: readonly string[], reveal: boolean): LetterHeader {
  const kind = locked.test(name) ? 'locked' : sensitive.test(name) ? 'sensitive' : 'free';
  return { name, values: kind === 'sensitive' && !reveal ? values.map(() => '…') : values, class: kind };
}

async function attemptsOf(tx: PoolClient, id: string, reveal: boolean): Promise<LetterReading['attempts']> {
  const { rows } = await tx.query<{ at: Date; act: string; actor: string; reason: string; verdict: string; detail: string | null }>(
    'select at, act, actor, reason, verdict, detail from dead_letter_act where letter_id = $1 order by id desc limit 100', [id]);
  return rows.map(({ at, detail, ...rest }) => ({ at: at.toISOString(), ...rest, detail: detail === null || reveal || rest.verdict !== 'failed' ? detail : normalise(detail) }));
}

async function siblingsOf(tx: PoolClient, { consumer, entity, key, id }: { consumer: string; entity: string | null; key: string | null; id: string }): Promise<LetterReading['siblings']> {
  const { rows } = await tx.query<{ id: string; state: string; revision: string | null; sequence: string | null }>(
    `select id, state, revision, sequence from dead_letter where consumer = $1 and entity = $2 and key = $3 and id <> $4 order by coalesce(sequence, revision), opened_at limit 100`,
    [consumer, entity, key, id]);
  const count = (text: string | null): number | null => (text === null ? null : Number(text));
  return rows.map((row) => ({ id: row.id, state: row.state, revision: count(row.revision), sequence: count(row.sequence) }));
}

async function current(tx: PoolClient, table: string, { entity, key }: Pick<StoredLetter, 'entity' | 'key'>, show: (value: unknown, major: number) => unknown): Promise<LetterCurrent | null> {
  const { rows: held } = await tx.query<{ there: boolean }>('select exists (select from pg_class where oid = to_regclass($1)) as there', [table]);
  if (entity === null || key === null || held[0]?.there !== true) return null;
  const { rows } = await tx.query<{ revision: string; data: string | null; changed_at: Date; major: number }>(`select revision, data::text, changed_at, major from ${table} where entity = $1 and key = $2`, [entity, key]);
  const row = rows[0];
  if (row === undefined) return { revision: null, data: null, changedAt: null };
  return { revision: Number(row.revision), data: row.data === null ? null : show(JSON.parse(row.data), row.major), changedAt: row.changed_at.toISOString() };
}
