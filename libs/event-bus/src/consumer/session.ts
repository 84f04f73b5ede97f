/**
 * One binding to a durable, from `consume` until anything casts doubt on it.
 * 1. `consume()` never ends when its consumer or stream is deleted (B3): the session reads the status and ends itself.
 * 2. An acknowledgement names a stream sequence. After a lost connection or a re-created stream the same number can mean another
 *    message (B2), so a session that has ended acknowledges nothing any more: what it held comes again and is known to the gate.
 */
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Broker } from '../broker';

export type EndCause = 'disconnected' | 'consumer deleted' | 'consumer missing' | 'stream missing' | 'heartbeats missed' | 'stuck' | 'closed' | 'stopped';

export interface Session {
  readonly consumer: Consumer;
  readonly ackWaitMs: number;
  readonly ended: Promise<EndCause>;
  alive(): boolean;
  /** No more messages; acknowledgements still go out until `end`. */
  stopPulling(): Promise<void>;
  end(cause: EndCause): void;
}

/** Two heartbeats of 5 s missed = 10 s until a dead pull is noticed; the default would take a minute. */
const pull = { max_messages: 4_000, expires: 10_000, idle_heartbeat: 5_000 } as const;

export async function openSession(broker: Broker, stream: string, durable: string, onMessage: (message: JsMsg, session: Session) => void): Promise<Session> {
  const consumer = await broker.js.consumers.get(stream, durable);
  const info = await consumer.info(true);
  const ended = Promise.withResolvers<EndCause>();
  let alive = true;
  let messages: ConsumerMessages | undefined = undefined;
  const unsubscribe = broker.onDisconnect(() => session.end('disconnected'));
  const session: Session = {
    consumer,
    ackWaitMs: (info.config.ack_wait ?? 30e9) / 1e6,
    ended: ended.promise,
    alive: () => alive,
    stopPulling: async () => {
      await messages?.close();
    },
    end: (cause) => {
      if (!alive) return;
      alive = false;
      unsubscribe();
      messages?.stop();
      ended.resolve(cause);
    },
  };
  messages = await consumer.consume({ ...pull, bind: true, callback: (message) => onMessage(message, session) });
  if (!alive) messages.stop();
  void watch(messages, session);
  void messages.closed().then(() => session.alive() && ended.resolve('closed'));
  return session;
}

async function watch(messages: ConsumerMessages, session: Session): Promise<void> {
  for await (const notice of messages.status()) {
    if (notice.type === 'consumer_deleted') session.end('consumer deleted');
    else if (notice.type === 'consumer_not_found') session.end('consumer missing');
    else if (notice.type === 'stream_not_found') session.end('stream missing');
    else if (notice.type === 'heartbeats_missed') session.end('heartbeats missed');
  }
}
