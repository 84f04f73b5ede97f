import type { ClientProxy } from '@nestjs/microservices';
import type { Runtime } from '@steward/platform';
import { type Broker, connectBroker } from './connect';
import { createRpcClient, type RpcOptions } from './rpc';

/** A service's connection for messages and its client for questions, registered with readiness and shutdown. */
export async function openBroker({ logger, readiness, shutdown }: Pick<Runtime, 'logger' | 'readiness' | 'shutdown'>, options: RpcOptions): Promise<{ readonly broker: Broker; readonly rpc: ClientProxy }> {
  const broker = await connectBroker({ ...options, logger });
  shutdown.onClose('broker', () => broker.close());
  readiness.add('broker', () => (broker.status() === 'up' ? undefined : 'the broker is not connected'));
  const rpc = createRpcClient(options);
  shutdown.onClose('rpc', () => rpc.close());
  return { broker, rpc };
}
