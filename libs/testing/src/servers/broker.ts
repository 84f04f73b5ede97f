// A nats-server per test file, with the accounts and permissions that production has: a test that may do more than its
// service proves nothing.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { durables, inboxPrefixOf, PROVISIONER, renderBrokerAccounts, streams, type DurableDeclaration, type StreamDeclaration } from '@steward/contracts';
import { freePort, startNats, type Running } from '@steward/servers';
import { sharedServer } from './host';

export interface TestBroker {
  readonly running: Running;
  readonly version: string;
  /** The address with the credentials of a service (`pim`, `gateway`, …) or of the `provisioner`. */
  urlOf(user: string): string;
  /** SIGKILL, nothing is flushed by the server itself. */
  kill(): Promise<void>;
  /** The same port and files. */
  restart(): Promise<void>;
  /** With stream rights, in the account that holds the streams; closed before it returns. */
  asProvisioner<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T>;
  /** Creates what is missing of the declared streams and durables. */
  provision(): Promise<void>;
  stop(): Promise<void>;
}

const passwordOf = (user: string): string => `password-of-${user}`;

async function addStream(manager: JetStreamManager, stream: StreamDeclaration): Promise<void> {
  await manager.streams.add({
    name: stream.name,
    subjects: [...stream.subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: stream.maxMsgsPerSubject,
    max_age: nanos(stream.maxAgeMs),
    max_bytes: stream.maxBytes,
    duplicate_window: nanos(120_000),
    allow_atomic: true,
    metadata: { 'steward-epoch': randomUUID(), 'steward-floor': '0', 'steward-sync': 'lazy' },
  });
}

async function addDurable(manager: JetStreamManager, durable: DurableDeclaration): Promise<void> {
  await manager.consumers.add(durable.stream, {
    durable_name: durable.name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_deliver: -1, // B4: attempts are counted by us
    ack_wait: nanos(30_000),
    max_ack_pending: 20_000,
    filter_subjects: [...durable.filterSubjects],
  });
}

async function provisionWith(manager: JetStreamManager): Promise<void> {
  const known = new Set<string>();
  for await (const stream of manager.streams.list()) known.add(stream.config.name);
  for (const stream of streams) if (!known.has(stream.name)) await addStream(manager, stream);
  for (const durable of durables) await addDurable(manager, durable);
}

interface TestBrokerOptions {
  /** false gives a server with accounts but without streams, as operations finds it on a new machine. */
  readonly provisioned?: boolean;
  readonly syncAlways?: boolean;
  /** What the accounts of another build would say, for versions that this one has no contract of. */
  readonly accounts?: (config: string) => string;
}

export async function testBroker({ provisioned = true, syncAlways = false, accounts = (config) => config }: TestBrokerOptions = {}): Promise<TestBroker> {
  const binary = await sharedServer('nats');
  const dir = mkdtempSync(join(tmpdir(), 'steward-nats-'));
  const running = await startNats({ dir, port: await freePort(), binary, syncAlways, config: accounts(renderBrokerAccounts({ passwordOf })) });
  const urlOf = (user: string): string => running.url.replace('://', `://${user}:${passwordOf(user)}@`);
  const broker: TestBroker = {
    running,
    version: running.version,
    urlOf,
    kill: () => running.kill(),
    restart: () => running.restart(),
    asProvisioner: async (work) => {
      const connection = await connect({ servers: running.url, user: PROVISIONER, pass: passwordOf(PROVISIONER), inboxPrefix: inboxPrefixOf(PROVISIONER) });
      try {
        return await work(await jetstreamManager(connection));
      } finally {
        await connection.close();
      }
    },
    provision: () => broker.asProvisioner(provisionWith),
    stop: async () => {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (provisioned) await broker.provision();
  return broker;
}
