import { ClientProxyFactory, type ClientProxy, type NatsOptions, Transport } from '@nestjs/microservices';
import { type ErrorCode, errorTable, RejectedError, StewardError } from '@steward/platform';
import { firstValueFrom, timeout } from 'rxjs';
import { namedBrokerError } from './broker-error';
import { type BrokerState, type BrokerStateRequest, brokerStateSubject } from './broker-state';
import { connectionOptions } from './connect';

export interface RpcOptions {
  url: string;
  service: string;
}

/** Nest microservice options for a service's request/reply patterns: Nest's own transport with our connection rules (B3). */
export function natsTransport(options: RpcOptions): NatsOptions {
  // Replicas of a service share the work of answering.
  return { transport: Transport.NATS, options: { ...transportOptions(options), queue: options.service } };
}

/** Asks other services' patterns. Lazy: connects with the first request; close it at shutdown. */
export function createRpcClient(options: RpcOptions): ClientProxy {
  return ClientProxyFactory.create({ transport: Transport.NATS, options: transportOptions(options) });
}

function transportOptions(options: RpcOptions): NonNullable<NatsOptions['options']> {
  const { servers, ...rest } = connectionOptions(options);
  return { ...rest, servers: servers ?? [], name: `${rest.name ?? options.service}-rpc`, waitOnFirstConnect: true };
}

/** One request with a time limit; if there is no answer, the error says why. */
export async function ask<Answer, Question = unknown>(client: ClientProxy, subject: string, question: Question, withinMs = 5_000): Promise<Answer> {
  try {
    return await firstValueFrom(client.send<Answer, Question>(subject, question).pipe(timeout({ first: withinMs })));
  } catch (cause) {
    // Nest's words for "no responders".
    if (cause instanceof Error && /no subscribers listening/.test(cause.message)) throw new StewardError('BROKER_NO_ANSWERER', `asking ${subject}`, { cause });
    throw refusalIn(cause, subject) ?? namedBrokerError(cause, `asking ${subject}`);
  }
}

/**
 * What the answering side threw crosses as Nest's `{ status: 'error', message }`: an answer, and not the broker's fault. Its code comes first
 * in the message; what a better question would mend is told as never, everything else may pass.
 */
function refusalIn(cause: unknown, subject: string): StewardError | undefined {
  if (cause instanceof Error || typeof cause !== 'object' || cause === null || !('message' in cause) || typeof cause.message !== 'string') return undefined;
  const { message } = cause;
  const [, code = '', detail = ''] = /^([A-Z]+(?:_[A-Z0-9]+)+)(?:: (.*))?$/s.exec(message) ?? [];
  if (!(code in errorTable)) return new StewardError('BROKER_QUESTION_REFUSED', `${subject}: ${message}`);
  const { http = 500 } = errorTable[code as ErrorCode];
  return http < 500 ? new RejectedError(code as ErrorCode, detail) : new StewardError(code as ErrorCode, detail);
}

export type AskBrokerState = (request: BrokerStateRequest) => Promise<BrokerState>;

/** Asks operations for the state of streams and durables (B10). */
export const askBrokerState =
  (client: ClientProxy): AskBrokerState =>
  (request) =>
    ask<BrokerState>(client, brokerStateSubject, request);
