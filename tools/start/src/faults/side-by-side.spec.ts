// For a failure that may not come again: what each place on the line says of the keys on which its two ends differ. The first place
// from the left that is wrong names the culprit: nothing right of it can know better.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { type Contract, price, product, stockLevel, streamOf, streams, subjectOf } from '@steward/contracts';
import { Client } from 'pg';
import type { SandboxRecord } from '../clients/sandbox.client';
import { databaseOf, type DatabaseOwner } from '../system/databases';
import type { System } from '../system/system';

const sources = {
  pim: { contract: product as Contract, collection: 'pim/products' },
  erp: { contract: stockLevel as Contract, collection: 'erp/stock' },
  pricing: { contract: price as Contract, collection: 'pricing/prices' },
} as const;

export interface Difference {
  readonly says: string;
  /** The page that shows it. */
  readonly productId: string;
  readonly system: keyof typeof sources;
  /** Records of the system that decide what should be shown. */
  readonly records: readonly SandboxRecord[];
}

const mostDifferences = 12;
const mostCharacters = 700;

export async function withDatabase<T>(system: System, owner: DatabaseOwner, work: (client: Client) => Promise<T>): Promise<T> {
  const url = new URL(system.adminUrl);
  url.pathname = `/${databaseOf(owner)}`;
  const client = new Client(url.href);
  client.on('error', () => undefined);
  await client.connect();
  return work(client).finally(() => client.end());
}

export async function asProvisioner<T>(system: System, work: (jsm: JetStreamManager) => Promise<T>): Promise<T> {
  const nodes = system.natsUrl('provisioner').split(',').map((url) => new URL(url));
  const { username: user = '', password: pass = '' } = nodes[0] ?? {};
  const connection = await connect({ servers: nodes.map(({ host }) => host), user, pass, inboxPrefix: '_INBOX_provisioner' });
  return work(await jetstreamManager(connection)).finally(() => connection.close());
}

/** `about` says how to get there again. The logs are kept, since the system's folder goes with its test. */
export async function sideBySide(system: System, differences: readonly Difference[], about: string): Promise<string> {
  const logs = mkdtempSync(join(tmpdir(), 'steward-fault-logs-'));
  cpSync(join(system.dataDir, 'logs'), logs, { recursive: true });
  const lines = [`${about}: ${String(differences.length)} differences, logs in ${logs}`, ...(await standing(system))];
  for (const [productId, those] of Map.groupBy(differences.slice(0, mostDifferences), (difference) => difference.productId)) {
    lines.push('', `page of ${productId}`, ...(await ofPage(system, productId)));
    for (const { says, system: owner, records } of those) {
      lines.push(`  ${says}`);
      for (const record of records) lines.push(...(await ofKey(system, owner, record)));
    }
  }
  return lines.join('\n');
}

/** Where feeds, relays and consumers are. */
async function standing(system: System): Promise<string[]> {
  const ofOwners = await Promise.all(
    (Object.keys(sources) as (keyof typeof sources)[]).map(async (owner) => [
      ...(await rows(system, owner, 'feed', 'select entity, cursor, overlap_base, complete_up_to, last_pass_at, pass_started_at from feed')),
      ...(await rows(system, owner, 'lease', 'select * from lease')),
      ...(await rows(system, owner, 'watermark', 'select * from outbox_watermark')),
      ...(await rows(system, owner, 'pending', 'select lane, count(*), min(created_at) as since from outbox where published_at is null group by lane')),
      ...(await rows(system, owner, 'hints', 'select entity, count(*), min(received_at) as since from hint group by entity')),
      ...(await rows(system, owner, 'held', `select entity, kind, count, detail from held_change where state = 'open'`)),
    ]),
  );
  const durables = await asked('durables', () =>
    asProvisioner(system, async (jsm) => {
      const found: unknown[] = [];
      for (const { name } of streams) {
        for await (const { name: durable, ack_floor, delivered, num_pending, num_ack_pending, num_redelivered, config } of jsm.consumers.list(name))
          found.push({ stream: name, durable, ack_floor, delivered, num_pending, num_ack_pending, num_redelivered, epoch: config.metadata?.['steward-epoch'] });
      }
      return found;
    }),
  );
  return [
    ...ofOwners.flat(),
    ...durables,
    ...(await rows(system, 'operations', 'register', 'select * from broker_stream')),
    ...(await rows(system, 'operations', 'epochs', 'select * from broker_epoch order by 1 desc limit 10')),
    ...(await rows(system, 'gateway', 'dirty', 'select * from dirty_document limit 10')),
    ...(await rows(system, 'gateway', 'letters', `select consumer, class, key, error from dead_letter where state = 'open' limit 10`)),
  ];
}

async function ofPage(system: System, productId: string): Promise<string[]> {
  const page = (): Promise<unknown[]> => answer(`${system.gatewayUrl}/v1/products/${encodeURIComponent(productId)}`);
  // More than once: an answer that changes by being asked was outdated in memory only.
  return [
    ...(await asked('page', page)),
    ...(await asked('page again', page)),
    ...(await rows(system, 'gateway', 'document', 'select revision, content_revision, composed_at, visibility, skus, content, availability, prices from document where product_id = $1', [productId])),
  ];
}

async function ofKey(system: System, owner: keyof typeof sources, record: SandboxRecord): Promise<string[]> {
  const { contract, collection } = sources[owner];
  const key = record.id;
  const of = [contract.entity, key];
  return [
    `  of ${key}`,
    ...(await asked('sandbox', async () => [await system.sandbox.get(collection, key)])),
    ...(await rows(system, owner, 'announced', 'select revision, read_no, source_version, message_id, changed_at, data from announced where entity = $1 and key = $2', of)),
    ...(await rows(
      system,
      owner,
      'outbox',
      `select id, revision, lane, origin, created_at, published_at, stream_sequence, epoch, message_id from outbox where entity = $1 and key = $2 order by id desc limit 8`,
      of,
    )),
    ...(await asked('stream', () =>
      asProvisioner(system, async (jsm) => {
        const found = await jsm.streams.getMessage(streamOf(contract, owner).name, { last_by_subj: subjectOf(contract, owner, key) });
        return [found && { sequence: found.seq, at: found.time, id: found.header.get('Nats-Msg-Id'), revision: found.header.get('ce-revision'), origin: found.header.get('ce-origin'), body: found.string() }];
      }),
    )),
    ...(await rows(system, 'gateway', 'stored part', 'select revision, message_id, origin, changed_at, applied_at, data from stored_part where entity = $1 and key = $2', of)),
    ...(await rows(system, 'gateway', 'journal', 'select revision, message_id, origin, at from apply_journal where entity = $1 and key = $2 order by id desc limit 8', of)),
  ];
}

const rows = (system: System, owner: DatabaseOwner, place: string, text: string, values: unknown[] = []): Promise<string[]> =>
  asked(`${owner} ${place}`, () => withDatabase(system, owner, async (client) => (await client.query<Record<string, unknown>>(text, values)).rows));

async function answer(url: string): Promise<unknown[]> {
  const found = await fetch(url, { headers: { 'accept-language': 'en' }, signal: AbortSignal.timeout(5_000) });
  return [{ status: found.status, cache: found.headers.get('cache-status'), degraded: found.headers.get('x-degraded'), etag: found.headers.get('etag'), body: await found.json() }];
}

/** One place that can't be asked must not hide what the others say. */
async function asked(place: string, ask: () => Promise<unknown[]>): Promise<string[]> {
  const found = await ask().catch((fault: unknown) => [String(fault)]);
  return (found.length === 0 ? ['nothing'] : found).map((each) => `    ${place.padEnd(18)} ${(JSON.stringify(each) ?? 'nothing').slice(0, mostCharacters)}`);
}
