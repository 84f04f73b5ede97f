/**
 * LISTEN on a connection of its own. Invariants:
 * 1. While it is started it holds one connection that listens to all channels, or tries to get one, with jitter, for ever.
 * 2. After each new connection `onReconnect` is called once it listens: what was notified in between is lost, the owner must look.
 * 3. A connection that is silently dead is found by asking it; a callback that throws costs its own notification only.
 */
import { Client, type Notification } from 'pg';
import type { Logger } from '../log/logger';
import { connectionConfig } from './pool';

export interface ListenerOptions {
  readonly url: string;
  readonly name: string;
  readonly channels: Readonly<Record<string, (payload: string) => void>>;
  /** Called after every connection but the first. */
  readonly onReconnect?: () => void;
  readonly logger: Logger;
  readonly heartbeatMs?: number;
}

const longestPauseMs = 2_000;

export class Listener {
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;
  #connectedBefore = false;

  constructor(private readonly options: ListenerOptions) {}

  /** Resolves when it listens for the first time; throws when the first connection fails. */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  isListening(): boolean {
    return this.#client !== undefined;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { url, name, channels, onReconnect } = this.options;
    // A LISTEN or heartbeat without an answer is a dead connection.
    const client = new Client({ ...connectionConfig(url, `${name} listener`), query_timeout: 5_000 });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, undefined));
    client.on('notification', (notification) => this.#notify(notification));
    try {
      await client.connect();
      for (const channel of Object.keys(channels)) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.#stopped) return void (await client.end().catch(() => undefined));
    this.#client = client;
    this.#failures = 0;
    this.#scheduleHeartbeat(client);
    if (this.#connectedBefore) {
      this.options.logger.info({ channels: Object.keys(channels) }, 'listening again');
      onReconnect?.();
    }
    this.#connectedBefore = true;
  }

  #notify({ channel, payload }: Notification): void {
    try {
      this.options.channels[channel]?.(payload ?? '');
    } catch (error) {
      this.options.logger.error({ err: error, channel }, 'a notification was not handled');
    }
  }

  #scheduleHeartbeat(client: Client): void {
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => {
          if (this.#client === client) this.#scheduleHeartbeat(client);
        },
        (error: unknown) => this.#lost(client, error),
      );
    }, this.options.heartbeatMs ?? 15_000);
  }

  #lost(client: Client, error: unknown): void {
    if (this.#stopped || this.#client !== client) return;
    this.#client = undefined;
    clearTimeout(this.#timer);
    this.options.logger.warn({ err: error }, 'listening was interrupted');
    client.end().catch(() => undefined);
    this.#retryLater();
  }

  #retryLater(): void {
    const ceiling = Math.min(longestPauseMs, 100 * 2 ** this.#failures++);
    this.#timer = setTimeout(() => {
      this.#connect().catch((error: unknown) => {
        if (this.#stopped) return;
        this.options.logger.debug({ err: error }, 'not listening yet');
        this.#retryLater();
      });
    }, Math.random() * ceiling);
  }
}

/** Creates a listener and starts it. */
export async function listenTo(
  url: string,
  channels: ListenerOptions['channels'],
  options: Omit<ListenerOptions, 'url' | 'channels'>,
): Promise<Listener> {
  const listener = new Listener({ url, channels, ...options });
  await listener.start();
  return listener;
}
