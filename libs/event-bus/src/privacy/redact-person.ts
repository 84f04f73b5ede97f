/**
 * Takes a person out of everything that this library keeps in a service's database, in the transaction of whoever was told that
 * they are erased: usually the projection of a tombstone.
 * 1. What is personal is said by the contracts, each version for what is written in it, and nowhere else: rows stay, with their keys, revisions, hashes and times, so that
 *    order, duplicates and comparisons go on as before.
 * 2. A body that does not fit its contract, or is of a version that this build does not know, may hold anything anywhere: it goes as a whole, and so does what errors quote.
 * 3. Only keys that mean nothing outside lead to a person. Letters that never showed one are found by what they mention.
 * Not here: what a service keeps in tables of its own, and the broker's streams (forget-messages.ts; states are overwritten).
 */
import { type Catalogue, type Contract, contractAt, shipped, versionIn } from '@steward/contracts';
import type { PoolClient } from 'pg';
import type { Envelope } from '../envelope';
import { withoutAny, withoutPersonal } from './without-personal';

/** Messages of one contract, in whichever version, that speak of the person. */
export interface PersonalTrace {
  readonly contract: Contract;
  readonly keys: readonly string[];
  /** What was not sent yet goes out as it was written: an order is delivered although its customer is forgotten. */
  readonly leavesUnsent?: boolean;
}

export interface Redacted {
  readonly storedParts: number;
  readonly outbox: number;
  readonly held: number;
  readonly letters: number;
}

/** Stands in letters where their error stood. */
export const erasedError = 'erased with the person it speaks of';

/** Shorter ones would be found in any text by chance. */
const shortestMention = 6;

/**
 * Removes a person from everything this library keeps; returns the number of rows changed. `mentions` = texts that belong to nobody else,
 * such as an e-mail address; they are only compared.
 */
export async function redactPerson(tx: PoolClient, traces: readonly PersonalTrace[], mentions: readonly string[] = [], catalogue: Catalogue = shipped): Promise<Redacted> {
  const redacted = { storedParts: 0, outbox: 0, held: 0, letters: 0 };
  const sends = await hasOutbox(tx);
  for (const trace of traces.filter(({ keys }) => keys.length > 0)) {
    redacted.storedParts += await redactStoredParts(tx, trace, catalogue);
    if (sends) redacted.outbox += await redactOutbox(tx, trace, catalogue);
    redacted.held += await redactHeld(tx, trace, catalogue);
    redacted.letters += await redactLetters(tx, trace, catalogue);
  }
  redacted.letters += await redactMentions(tx, mentions.filter(({ length }) => length >= shortestMention));
  return redacted;
}

/** Text of a body without what is personal; '' where it can't be read as what its contract says. `saidIn` = its subject or type. */
function bodyWithoutPersonal(catalogue: Catalogue, { entity }: Contract, saidIn: string, body: string): string {
  const version = versionIn(saidIn);
  const contract = version?.entity === entity ? contractAt(catalogue, version) : undefined;
  if (body === '' || contract === undefined) return '';
  try {
    const data: unknown = JSON.parse(body);
    return contract.validateConsumed(data).length > 0 ? '' : JSON.stringify(withoutPersonal(contract, data));
  } catch {
    return '';
  }
}

/** A service that only consumes has none. */
async function hasOutbox(tx: PoolClient): Promise<boolean> {
  const { rows } = await tx.query<{ there: boolean }>(`select to_regclass('outbox') is not null as there`);
  return rows[0]?.there ?? false;
}

async function redactStoredParts(tx: PoolClient, { contract: { entity }, keys }: PersonalTrace, catalogue: Catalogue): Promise<number> {
  const { rows } = await tx.query<{ key: string; data: string; major: number }>('select key, data::text, major from stored_part where entity = $1 and key = any($2::text[]) and data is not null order by key for update', [entity, keys]);
  const cleared = rows.flatMap(({ key, data, major }) => {
    const contract = contractAt(catalogue, { entity, major });
    const value: unknown = JSON.parse(data);
    return changed(data, JSON.stringify(contract === undefined ? withoutAny(value) : withoutPersonal(contract, value)), key);
  });
  await tx.query('update stored_part p set data = u.data::json from unnest($2::text[], $3::text[]) as u(key, data) where p.entity = $1 and p.key = u.key', [
    entity, cleared.map(({ id }) => id), cleared.map(({ text }) => text),
  ]);
  return cleared.length;
}

/** Returns how many bodies it changed. */
export async function redactOutbox(tx: PoolClient, { contract, keys, leavesUnsent = false }: PersonalTrace, catalogue: Catalogue = shipped): Promise<number> {
  // No index leads here: erasures are rare, and one more index would cost every write of the line.
  const { rows } = await tx.query<{ message_id: string; type: string; body: string }>(
    `select message_id, type, body from outbox where entity = $1 and key = any($2::text[]) and body <> '' and (published_at is not null or not $3) for update`,
    [contract.entity, keys, leavesUnsent],
  );
  // A backfill is the same message once more.
  const bodies = new Map(rows.map((row) => [row.message_id, row]));
  const cleared = [...bodies].flatMap(([id, { type, body }]) => changed(body, bodyWithoutPersonal(catalogue, contract, type, body), id));
  await tx.query('update outbox o set body = u.body from unnest($1::uuid[], $2::text[]) as u(message_id, body) where o.message_id = u.message_id and o.body <> $3', [
    cleared.map(({ id }) => id), cleared.map(({ text }) => text), '',
  ]);
  return cleared.length;
}

async function redactHeld(tx: PoolClient, { contract, keys }: PersonalTrace, catalogue: Catalogue): Promise<number> {
  const places = contract.systems.flatMap((system) => keys.map((key) => `${system}.${contract.entity}/${key}`));
  const { rows } = await tx.query<{ handler: string; key: string; sequence: string; envelope: Envelope }>('select handler, key, sequence, envelope from held where key = any($1::text[]) for update', [places]);
  for (const { handler, key, sequence, envelope } of rows) {
    const body = bodyWithoutPersonal(catalogue, contract, envelope.type, envelope.body);
    await tx.query('update held set envelope = $4::json where handler = $1 and key = $2 and sequence = $3', [handler, key, sequence, JSON.stringify({ ...envelope, body })]);
  }
  return rows.length;
}

async function redactLetters(tx: PoolClient, { contract, keys }: PersonalTrace, catalogue: Catalogue): Promise<number> {
  const { rows } = await tx.query<{ id: string; subject: string; body: Buffer }>('select id, subject, body from dead_letter where entity = $1 and key = any($2::text[]) for update', [contract.entity, keys]);
  await writeLetters(tx, rows.map(({ id, subject, body }) => ({ id, body: bodyWithoutPersonal(catalogue, contract, subject, body.toString('utf8')) })));
  return rows.length;
}

async function redactMentions(tx: PoolClient, mentions: readonly string[]): Promise<number> {
  if (mentions.length === 0) return 0;
  const { rows } = await tx.query<{ id: string }>(
    `select id from dead_letter d where key is null and exists (select from unnest($1::text[]) as u(text) where position(convert_to(u.text, 'UTF8') in d.body) > 0 or strpos(d.error, u.text) > 0) for update`,
    [mentions],
  );
  await writeLetters(tx, rows.map(({ id }) => ({ id, body: '' })));
  return rows.length;
}

async function writeLetters(tx: PoolClient, letters: readonly { readonly id: string; readonly body: string }[]): Promise<void> {
  const ids = letters.map(({ id }) => id);
  await tx.query(`update dead_letter d set body = convert_to(u.body, 'UTF8'), error = $3, stack = null from unnest($1::uuid[], $2::text[]) as u(id, body) where d.id = u.id`, [
    ids, letters.map(({ body }) => body), erasedError,
  ]);
  await tx.query('update dead_letter_act set detail = null, patch = null, body = null where letter_id = any($1::uuid[])', [ids]);
}

const changed = (before: string, after: string, id: string): { id: string; text: string }[] => (before === after ? [] : [{ id, text: after }]);
