/**
 * Letters of operations itself: what a service told and the desk could not apply. They are told to nobody over the broker, since a letter about
 * a letter that can't be applied would be the next one that can't; the desk takes them over from its own table, by the same columns as a
 * Teller does.
 */
import type { DeadLetter } from '@steward/contracts';
import { toldLetters } from '@steward/event-bus';
import { BackgroundLoop } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Feature } from '../api/feature';
import { applyLetters } from './letters.store';

const EVERY_MS = 1_000;
const PAGE = 200;

export const ownLettersFeature: Feature = {
  name: 'own letters',
  open: ({ database, clock, logger }) => {
    const turn = async (): Promise<number> => ((await database.transaction(takeOver)) < PAGE ? EVERY_MS : 0);
    const loop = new BackgroundLoop({ clock, logger, turn, pauseMs: EVERY_MS, failed: 'own letters not taken over, trying again' });
    return { routes: [], start: () => loop.start(), stop: () => loop.stop() };
  },
};

async function takeOver(tx: PoolClient): Promise<number> {
  const { rows } = await tx.query<{ id: string; version: number }>(`select id, version, ${toldLetters.select} from dead_letter where told_version < version order by id limit ${String(PAGE)} for update skip locked`);
  if (rows.length === 0) return 0;
  await applyLetters(tx, rows.map((row) => ({ key: row.id, data: toldLetters.toData(row, 'operations') as DeadLetter })));
  await tx.query('update dead_letter d set told_version = n.version from unnest($1::uuid[], $2::bigint[]) as n (id, version) where d.id = n.id', [rows.map(({ id }) => id), rows.map(({ version }) => version)]);
  return rows.length;
}
