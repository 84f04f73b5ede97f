// Where in the whole of Steward a text stands: every table of every database, every message that the broker holds, every log.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { streams } from '@steward/contracts';
import { messagesOf, tablesThatMention } from '@steward/testing';
import { Pool } from 'pg';
import { databaseOf, databaseOwners } from '../system/databases';
import type { System } from '../system/system';
import { asProvisioner } from '../faults/side-by-side.spec';

/** Systems of record are not ours to search: they forget, or keep, by rules of their own. */
const theirs = ['sandbox.log'];

export async function placesThatMention(system: System, text: string): Promise<string[]> {
  const [tables, messages] = await Promise.all([inDatabases(system, text), inStreams(system, text)]);
  return [...tables, ...messages, ...inLogs(system, text)].toSorted();
}

async function inDatabases(system: System, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const owner of databaseOwners) {
    const url = new URL(system.adminUrl);
    url.pathname = `/${databaseOf(owner)}`;
    const pool = new Pool({ connectionString: url.href, max: 1 });
    // Rows of an outbox are in the partition of their day.
    for (const table of await tablesThatMention(pool, text)) found.push(`${owner} ${table.replace(/^outbox_[0-9]{8}$/, 'outbox')}`);
    await pool.end();
  }
  return found;
}

function inStreams(system: System, text: string): Promise<string[]> {
  return asProvisioner(system, async (jsm) => {
    const found = new Set<string>();
    for (const { name } of streams) {
      for (const { subject, data } of await messagesOf(jsm, name)) if (subject.includes(text) || Buffer.from(data).includes(text)) found.add(subject.split('.').slice(0, 3).join('.'));
    }
    return [...found];
  });
}

function inLogs({ dataDir }: System, text: string): string[] {
  const folder = join(dataDir, 'logs');
  return readdirSync(folder).filter((name) => !theirs.includes(name) && readFileSync(join(folder, name)).includes(text));
}
