import { AckPolicy, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

/**
 * All messages of a stream, in order. One request for all of them: tests ask while they wait, and a request per sequence, gaps included,
 * kept a core busy.
 */
export async function messagesOf(manager: JetStreamManager, stream: string): Promise<JsMsg[]> {
  const { state } = await manager.streams.info(stream);
  if (state.messages === 0) return [];
  const { name } = await manager.consumers.add(stream, { ack_policy: AckPolicy.None, mem_storage: true, inactive_threshold: nanos(60_000) });
  const consumer = await manager.jetstream().consumers.get(stream, name);
  const found: JsMsg[] = [];
  for await (const message of await consumer.fetch({ max_messages: state.messages, expires: 5_000 })) {
    found.push(message);
    // Fewer than there were, where newer ones have taken their places meanwhile.
    if (message.info.pending === 0) break;
  }
  await consumer.delete();
  return found;
}
