import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { AuthorizationError, NoRespondersError, PermissionViolationError, RequestError, TimeoutError } from '@nats-io/transport-node';
import { StewardError } from '@steward/platform';

/**
 * B3: the broker's own messages mislead. A lost stream answers "jetstream is not enabled" (nobody listens on its subject), a missing import
 * in the account shows as a time-out. The returned error says what is probably true and keeps the original as its cause.
 */
export function namedBrokerError(cause: unknown, doing: string): StewardError {
  if (cause instanceof StewardError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const inner = cause instanceof RequestError || (cause instanceof Error && cause.name === 'JetStreamNotEnabled') ? cause.cause : undefined;
  const say = (code: ConstructorParameters<typeof StewardError>[0], meaning: string): StewardError => new StewardError(code, `${doing}: ${meaning}`, { cause });

  if (cause instanceof AuthorizationError || /authorization violation/i.test(text)) return say('BROKER_REFUSED', 'the broker refused the user or password');
  if (cause instanceof PermissionViolationError) return say('BROKER_FORBIDDEN', `the contracts don't give this service the right to ${cause.operation} ${cause.subject}`);
  if (cause instanceof NoRespondersError || inner instanceof NoRespondersError || /no responders|jetstream is not enabled|503/i.test(text)) {
    return say('BROKER_STREAM_MISSING', 'nobody answers on this subject: the stream or durable is missing, JetStream is still starting, or the account lacks the import (the broker calls this "no responders" or "jetstream is not enabled")');
  }
  if (cause instanceof JetStreamApiError) {
    if (cause.code === 10059) return say('BROKER_STREAM_MISSING', 'the stream does not exist; the provisioner makes it');
    if (cause.code === 10014) return say('BROKER_DURABLE_MISSING', 'the durable consumer does not exist; the provisioner makes it');
    return say('BROKER_ERROR', `JetStream error ${cause.code}: ${text}`);
  }
  if (cause instanceof TimeoutError || /timeout/i.test(text)) return say('BROKER_TIMEOUT', 'no answer in time; whether it was done is unknown');
  if (cause instanceof JetStreamError) return say('BROKER_ERROR', text);
  return say('BROKER_UNREACHABLE', text);
}
