import type { Broker } from '@steward/event-bus';

interface Varz {
  data?: { jetstream?: { config?: { sync_always?: boolean } } };
}

const text = new TextDecoder();

/**
 * B1: asks every server of the cluster, by the system account, whether it syncs each message. Only all of them saying so
 * counts; nobody answering counts as no.
 */
export async function readSyncAlways(system: Broker, withinMs = 500): Promise<boolean> {
  const answers: Varz[] = [];
  for await (const message of await system.nc.requestMany('$SYS.REQ.SERVER.PING.VARZ', '', { strategy: 'stall', maxWait: withinMs, stall: 100 })) {
    answers.push(JSON.parse(text.decode(message.data)) as Varz);
  }
  return answers.length > 0 && answers.every((each) => each.data?.jetstream?.config?.sync_always === true);
}
