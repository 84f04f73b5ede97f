/**
 * One binding to a durable, from the first pull until anything casts doubt on it.
 * 1. It pulls only what there is room for. The client's `consume()` refills when messages arrive, not when they are applied, so a slow
 *    database would fill the memory up to `max_ack_pending`; and its `stop()` throws away what is in the socket, which then comes
 *    again only after ack_wait. Hence the pull protocol by hand: a request, its statuses, nothing else.
 * 2. Every request has an end (`expires`) and a heartbeat; silence for two heartbeats ends the session. What deletes a consumer or a
 *    stream ends it too (B3). Whoever owns the session binds anew.
 * 3. An acknowledgement names a stream sequence. After a lost connection or a re-created stream the same number can mean another
 *    message (B2), so a session that has ended acknowledges nothing any more: what it held comes again and is known to the gate.
 */
import type { Consumer } from '@nats-io/jetstream';
import { createInbox, type Msg, nanos, type Subscription } from '@nats-io/transport-node';
import type { Broker } from '../../broker';
import type { HeaderLines } from '../../envelope';
import { headerLinesOf } from './wire-headers';

export type EndCause = 'disconnected' | 'consumer deleted' | 'consumer missing' | 'stream missing' | 'heartbeats missed' | 'refused' | 'stuck' | 'paused' | 'stopped';

/** A delivery; the settling methods do nothing once its session has ended. */
export interface Message {
  readonly subject: string;
  readonly headers: HeaderLines | undefined;
  readonly data: Uint8Array;
  readonly streamSequence: number;
  /** How often the broker has delivered it, this time included. */
  readonly deliveries: number;
  readonly ack: () => void;
  /** B4: `nak` with a delay; 0 gives it back at once. */
  readonly nak: (afterMs: number) => void;
  readonly working: () => void;
}

export interface Session {
  readonly consumer: Consumer;
  readonly ackWaitMs: number;
  /** How many deliveries of the durable were acknowledged, without a gap, before this session. */
  readonly acknowledgedBefore: number;
  readonly ended: Promise<EndCause>;
  readonly alive: () => boolean;
  /** Asks for as many messages as there is room for now. */
  readonly pull: () => void;
  /** No more messages; resolves when those on their way have been handed over. Settling still works until `end`. */
  readonly drain: () => Promise<void>;
  readonly end: (cause: EndCause) => void;
}

const expiresMs = 10_000;
const heartbeatMs = 2_000;
/** Not for every free place a request of its own. */
const smallestPull = 500;

interface Durable {
  readonly stream: string;
  readonly consumer: string;
}

interface Taker {
  readonly onMessage: (message: Message, session: Session) => void;
  /** For how many messages more there is room. */
  readonly room: () => number;
}

export async function openSession(broker: Broker, { stream, consumer: durable }: Durable, { onMessage, room }: Taker): Promise<Session> {
  const { nc, js } = broker;
  const consumer = await js.consumers.get(stream, durable);
  const info = await consumer.info(true);
  const ended = Promise.withResolvers<EndCause>();
  const inbox = createInbox(broker.inboxPrefix);
  const next = `${js.apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${durable}`;
  let alive = true;
  let pulling = true;
  /** Asked for and not delivered yet. */
  let outstanding = 0;
  let heardAtMs = performance.now();

  const end = (cause: EndCause): void => {
    if (!alive) return;
    alive = false;
    clearInterval(pulse);
    unsubscribe();
    if (!nc.isClosed()) subscription.unsubscribe();
    ended.resolve(cause);
  };
  const pull = (): void => {
    const wanted = room() - outstanding;
    if (!alive || !pulling || nc.isClosed() || (outstanding > 0 && wanted < smallestPull) || wanted <= 0) return;
    outstanding += wanted;
    nc.publish(next, JSON.stringify({ batch: wanted, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) }), { reply: inbox });
  };
  const onStatus = (message: Msg): void => {
    const code = message.headers?.code ?? 0;
    const text = message.headers?.description.toLowerCase() ?? '';
    if (code === 100) return;
    if (code === 409 && text.includes('consumer deleted')) return end('consumer deleted');
    if (code === 409 && text.includes('stream deleted')) return end('stream missing');
    if (code === 400 || code === 503) return end(code === 400 ? 'refused' : 'consumer missing');
    // 404, 408 and the other 409s end one request; the header says how much of it was not delivered.
    const left = Number(message.headers?.get('Nats-Pending-Messages') ?? '');
    outstanding = Math.max(0, outstanding - (Number.isFinite(left) && left > 0 ? left : code === 409 ? outstanding : 0));
    // A refused request must not be repeated in the same turn: the pulse asks again.
    if (code === 408) pull();
  };
  const subscription: Subscription = nc.subscribe(inbox, {
    callback: (error, message) => {
      heardAtMs = performance.now();
      if (error) return end('refused');
      // Statuses have no acknowledgement subject; a stored message always has.
      if (!message.reply) return onStatus(message);
      outstanding = Math.max(0, outstanding - 1);
      onMessage(toMessage(message, session), session);
      pull();
    },
  });
  const pulse = setInterval(() => {
    if (performance.now() - heardAtMs > heartbeatMs * 2.5 && outstanding > 0) end('heartbeats missed');
    else pull();
  }, heartbeatMs / 2);
  const unsubscribe = broker.onDisconnect(() => end('disconnected'));
  const session: Session = {
    consumer,
    ackWaitMs: (info.config.ack_wait ?? nanos(30_000)) / 1e6,
    acknowledgedBefore: info.ack_floor.consumer_seq,
    ended: ended.promise,
    alive: () => alive && !nc.isClosed(),
    pull,
    drain: async () => {
      pulling = false;
      if (alive && !nc.isClosed()) await subscription.drain().catch(() => undefined);
    },
    end,
  };
  pull();
  return session;
}

const acknowledgement = new TextEncoder().encode('+ACK');
const inProgress = new TextEncoder().encode('+WPI');
const encoder = new TextEncoder();

/** `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>[.<random>]` */
function toMessage(message: Msg, session: Session): Message {
  const tokens = (message.reply ?? '').split('.');
  const from = tokens.length > 9 ? 6 : 4;
  let settled = false;
  const settle = (payload: Uint8Array): void => {
    if (settled || !session.alive()) return;
    settled = true;
    message.respond(payload);
  };
  return {
    subject: message.subject,
    headers: headerLinesOf(message),
    data: message.data,
    deliveries: Number(tokens[from]),
    streamSequence: Number(tokens[from + 1]),
    ack: () => settle(acknowledgement),
    nak: (afterMs) => settle(encoder.encode(afterMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(Math.round(afterMs)) })}` : '-NAK')),
    working: () => {
      if (!settled && session.alive()) message.respond(inProgress);
    },
  };
}
