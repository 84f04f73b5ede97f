/**
 * One connection to the broker per process, with the defaults a server needs (B3).
 * 1. It never gives up by itself: the client's default ends after 18.7 s of outage and leaves a process that looks alive.
 * 2. Should it be closed all the same, the process must end, so that whoever supervises it starts a working one.
 * 3. Every service has an inbox prefix of its own, so that no other user can listen to its answers (B9).
 */
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { type Logger, StewardError } from '@steward/platform';
import { namedBrokerError } from './broker-error';
import { failProcess } from './fail-process';

export interface BrokerOptions {
  /** nats://user:password@host:port[,nats://host:port] */
  url: string;
  service: string;
  logger: Logger;
  /** Prefix of the JetStream API as imported into this service's account; the provisioner's own account has '$JS.API'. */
  apiPrefix?: string;
  /** How long the first connection may take before the process gives up with a code; a restart by the supervisor tries again. */
  firstConnectWithinMs?: number;
  /** Called when the connection is closed for good though nobody asked; the default makes the process fail. */
  onFatal?: (error: StewardError) => void;
}

export interface Broker {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly inboxPrefix: string;
  status(): 'up' | 'down';
  /** Called after each reconnect; returns the unsubscriber. */
  onReconnect(callback: () => void): () => void;
  /** Called when the connection is lost: what was in flight is unknown from now on (B5). */
  onDisconnect(callback: () => void): () => void;
  close(): Promise<void>;
}

const reconnectFloorMs = 100;
const reconnectCeilingMs = 2_000;

/** Exported so that a test can hold the options against B3 without waiting for an outage of more than 18 s. */
export function connectionOptions(options: Pick<BrokerOptions, 'url' | 'service'>): ConnectionOptions & { inboxPrefix: string } {
  const urls = options.url.split(',').map((each) => new URL(each.trim()));
  const first = urls[0];
  if (!first) throw new StewardError('BROKER_UNREACHABLE', 'no broker address given');
  return {
    servers: urls.map((each) => each.host),
    ...(first.username ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) } : {}),
    // Without it the client would go on in the clear with a server that offers no TLS. Authorities beyond the machine's: NODE_EXTRA_CA_CERTS.
    ...(urls.some((each) => each.protocol === 'tls:') ? { tls: {} } : {}),
    name: `steward-${options.service}`,
    inboxPrefix: `_INBOX_${options.service}`,
    maxReconnectAttempts: -1,
    // Full jitter of our own: hundreds of clients that lost one server must not come back in step.
    reconnectDelayHandler: () => reconnectFloorMs + Math.random() * (reconnectCeilingMs - reconnectFloorMs),
    // The default closes the connection at the second refused login: a broker that reloads its users would end every service.
    ignoreAuthErrorAbort: true,
    // A dead peer without a FIN is noticed after at most 3 × 5 s, not after the default's 6 minutes.
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
    noAsyncTraces: true,
  };
}

export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const { logger } = options;
  const connection = connectionOptions(options);
  const nc = await firstConnection(connection, options);
  let status: 'up' | 'down' = 'up';
  let closing = false;
  const reconnected = new Set<() => void>();
  const disconnected = new Set<() => void>();

  const watch = async (): Promise<void> => {
    for await (const event of nc.status()) {
      if (event.type === 'disconnect') {
        status = 'down';
        logger.warn({ server: event.server }, 'broker connection lost');
        for (const callback of disconnected) callback();
      } else if (event.type === 'reconnect') {
        status = 'up';
        logger.info({ server: event.server }, 'broker connection is back');
        for (const callback of reconnected) callback();
      } else if (event.type === 'error') {
        logger.error({ err: event.error }, 'broker reported an error');
      }
    }
  };
  watch().catch((error: unknown) => logger.error({ err: error }, 'broker status ended'));

  const fatal = options.onFatal ?? failProcess;
  void nc.closed().then((cause) => {
    status = 'down';
    if (!closing) fatal(new StewardError('BROKER_CLOSED', 'the client closed the connection for good', { cause }));
  });

  return {
    nc,
    js: jetstream(nc, { apiPrefix: options.apiPrefix ?? 'SJS.API', timeout: 5_000 }),
    inboxPrefix: connection.inboxPrefix,
    status: () => status,
    onReconnect: (callback) => subscribe(reconnected, callback),
    onDisconnect: (callback) => subscribe(disconnected, callback),
    close: async () => {
      closing = true;
      // Draining waits for the server; without a server there is nothing to wait for.
      if (status === 'up' && !nc.isClosed()) await nc.drain().catch(() => undefined);
      await nc.close();
    },
  };
}

async function firstConnection(connection: ConnectionOptions, options: BrokerOptions): Promise<NatsConnection> {
  const deadline = performance.now() + (options.firstConnectWithinMs ?? 30_000);
  for (;;) {
    try {
      return await connect(connection);
    } catch (cause) {
      const error = namedBrokerError(cause, 'connecting');
      // A refused login may be a broker that is still loading its users: it gets the same time as an absent one.
      if (performance.now() >= deadline) throw error;
      options.logger.warn({ err: error }, 'broker not reachable yet');
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 300));
    }
  }
}

function subscribe(callbacks: Set<() => void>, callback: () => void): () => void {
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}
