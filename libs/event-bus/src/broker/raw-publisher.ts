/**
 * Publishing at the broker's own pace: one shared reply inbox, many messages in flight, one callback a message.
 * 1. Every message has a reply subject of its own, so its outcome is its own acknowledgement, never its neighbour's (B11).
 * 2. Time-out and lost connection are *unknown*, not failed (B5): the message may be stored. A late acknowledgement finds no entry.
 * 3. Each message is reported exactly once, whatever comes first; an atomic batch as one, because it is stored as one (B11).
 * `js.publish` costs a subscription look-up, a promise and a timer a message: 22–39 k/s pipelined against 156 k/s here.
 */
import { type Msg, type MsgHdrs, nuid, type Subscription } from '@nats-io/transport-node';
import { StewardError, through } from '@steward/platform';
import { namedBrokerError } from './broker-error';
import type { Broker } from './connect';

export type PublishOutcome =
  | { kind: 'stored'; stream: string; sequence: number; duplicate: boolean }
  /** The broker answered with a refusal of this message. */
  | { kind: 'refused'; error: StewardError; code?: number | undefined }
  /** No stream listens on the subject: concerns every message of the stream, not this one. */
  | { kind: 'no-stream'; error: StewardError }
  /** May or may not be stored: publish again with the same id (B5). */
  | { kind: 'unknown'; error: StewardError };

export interface RawPublisherOptions {
  broker: Broker;
  /** Messages in flight before `room` is 0; 2,000 keep the broker busy at 20 k/s with acknowledgements 100 ms late. */
  window?: number;
  timeoutMs?: number;
}

interface Message {
  readonly subject: string;
  /** Complete wire bytes (encodeHeaders). */
  readonly headers: Uint8Array;
  readonly body: string;
}

interface Pending {
  readonly subject: string;
  readonly messages: number;
  readonly sentAt: number;
  readonly done: (outcome: PublishOutcome) => void;
}

interface AckBody {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code?: number; description: string };
}

export class RawPublisher {
  private readonly broker: Broker;
  private readonly window: number;
  private readonly timeoutMs: number;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  /** By reply token; a Map keeps the order of sending, so the oldest is always first. */
  private readonly pending = new Map<string, Pending>();
  private readonly sweep: NodeJS.Timeout;
  private readonly unsubscribe: () => void;
  private counter = 0;
  private messages = 0;
  private received: Msg[] = [];

  constructor(options: RawPublisherOptions) {
    this.broker = options.broker;
    this.window = options.window ?? 2_000;
    this.timeoutMs = options.timeoutMs ?? 5_000;
    this.inbox = `${options.broker.inboxPrefix}.${nuid.next()}`;
    this.subscription = options.broker.nc.subscribe(`${this.inbox}.*`, { callback: (_error, message) => this.receive(message) });
    // One timer for all messages; a time-out is late by at most a quarter of itself.
    this.sweep = setInterval(() => this.expire(), Math.max(10, this.timeoutMs / 4));
    this.sweep.unref();
    this.unsubscribe = options.broker.onDisconnect(() => this.failAll('the connection was lost before the acknowledgement'));
  }

  /** How many more messages may be sent now. */
  room(): number {
    return Math.max(0, this.window - this.messages);
  }

  inFlight(): number {
    return this.messages;
  }

  /** Sends one message; `headers` are complete wire bytes (encodeHeaders). `done` is called exactly once, never before this returns. */
  publish(subject: string, headers: Uint8Array, body: string, done: (outcome: PublishOutcome) => void): void {
    this.send([{ subject, headers, body }], done);
  }

  /** Sends messages of one stream that are stored together or not at all (B11); a stored outcome has the sequence of the last. */
  publishBatch(messages: readonly Message[], done: (outcome: PublishOutcome) => void): void {
    const id = nuid.next();
    const last = messages.length - 1;
    this.send(messages.map((message, index) => ({ ...message, headers: withBatch(message.headers, id, index + 1, index === last) })), done);
  }

  /** The last one asks for the acknowledgement. */
  private send(messages: readonly Message[], done: (outcome: PublishOutcome) => void): void {
    const token = (this.counter++).toString(36);
    const last = messages.length - 1;
    const subject = messages[last]?.subject ?? '';
    this.pending.set(token, { subject, messages: messages.length, sentAt: performance.now(), done });
    this.messages += messages.length;
    if (this.broker.status() === 'down') {
      // The client would keep it for the next connection or drop it, and tell nobody which.
      setImmediate(() => this.settle(token, unknown(subject, 'there is no connection')));
      return;
    }
    try {
      // The client only ever calls encode() on outgoing headers.
      for (const [index, message] of messages.entries()) {
        const headers = { encode: () => message.headers } as unknown as MsgHdrs;
        this.broker.nc.publish(message.subject, message.body, index === last ? { headers, reply: `${this.inbox}.${token}` } : { headers });
      }
    } catch (cause) {
      // A closed connection, or a body above the server's limit: nothing was sent.
      setImmediate(() => this.settle(token, { kind: 'refused', error: namedBrokerError(cause, `publishing to ${subject}`) }));
    }
  }

  close(): void {
    clearInterval(this.sweep);
    this.unsubscribe();
    if (!this.subscription.isClosed()) this.subscription.unsubscribe();
    this.failAll('the publisher was closed before the acknowledgement');
  }

  /** Acknowledgements of one turn pass the fault seam together: a lost batch of them is what a lost connection looks like. */
  private receive(message: Msg): void {
    this.received.push(message);
    if (this.received.length > 1) return;
    setImmediate(() => {
      const batch = this.received;
      this.received = [];
      const deliver = async (): Promise<void> => {
        for (const each of batch) this.acknowledge(each);
      };
      // A fault loses these acknowledgements: their messages stay pending until they are unknown.
      through('publish-ack', deliver).catch(() => undefined);
    });
  }

  private acknowledge(message: Msg): void {
    const token = message.subject.slice(this.inbox.length + 1);
    const entry = this.pending.get(token);
    if (entry) this.settle(token, outcomeOf(message, entry.subject));
  }

  private settle(token: string, outcome: PublishOutcome): void {
    const entry = this.pending.get(token);
    if (!entry || !this.pending.delete(token)) return;
    this.messages -= entry.messages;
    entry.done(outcome);
  }

  private expire(): void {
    const limit = performance.now() - this.timeoutMs;
    for (const [token, entry] of this.pending) {
      if (entry.sentAt > limit) return;
      this.settle(token, unknown(entry.subject, `no acknowledgement within ${this.timeoutMs} ms`));
    }
  }

  private failAll(reason: string): void {
    for (const [token, entry] of [...this.pending]) this.settle(token, unknown(entry.subject, reason));
  }
}

/** Before the empty line that ends the headers. */
function withBatch(headers: Uint8Array, id: string, sequence: number, commit: boolean): Uint8Array {
  const lines = `Nats-Batch-Id: ${id}\r\nNats-Batch-Sequence: ${sequence}\r\n${commit ? 'Nats-Batch-Commit: 1\r\n' : ''}\r\n`;
  return Buffer.concat([headers.subarray(0, -2), Buffer.from(lines, 'latin1')]);
}

const unknown = (subject: string, reason: string): PublishOutcome => ({
  kind: 'unknown',
  error: new StewardError('BROKER_TIMEOUT', `publishing to ${subject}: ${reason}`),
});

/** Server codes that say "this stream can't store anything now", as opposed to "not this message". */
const streamWide = new Set([10023 /* insufficient resources */, 10028 /* memory */, 10047 /* storage */, 10008 /* no quorum */, 10118 /* offline */, 10077 /* store failed */]);

function outcomeOf(message: Msg, subject: string): PublishOutcome {
  // B3: a subject without a stream answers 503 without a body; the client would call it "jetstream is not enabled".
  if (message.headers?.code === 503) {
    return { kind: 'no-stream', error: new StewardError('BROKER_STREAM_MISSING', `no stream takes ${subject}: it is missing, JetStream is still starting, or the account lacks the export`) };
  }
  let body: AckBody;
  try {
    body = JSON.parse(message.string()) as AckBody;
  } catch (cause) {
    return { kind: 'unknown', error: new StewardError('BROKER_ERROR', `publishing to ${subject}: the acknowledgement is not JSON`, { cause }) };
  }
  if (body.error) {
    const error = new StewardError('BROKER_PUBLISH_REFUSED', `publishing to ${subject}: ${body.error.description} (${body.error.err_code ?? body.error.code})`);
    return body.error.err_code !== undefined && streamWide.has(body.error.err_code) ? { kind: 'no-stream', error } : { kind: 'refused', error, code: body.error.err_code };
  }
  if (typeof body.stream !== 'string' || typeof body.seq !== 'number') {
    return { kind: 'unknown', error: new StewardError('BROKER_ERROR', `publishing to ${subject}: the answer is no acknowledgement`) };
  }
  return { kind: 'stored', stream: body.stream, sequence: body.seq, duplicate: body.duplicate === true };
}
