/**
 * The door for a vendor's webhooks.
 * 1. Nothing of a request is believed before its signature over the raw bytes is.
 * 2. It is answered when its keys are stored, not when they are read: vendors give seconds, and suspend who is slow.
 * 3. A webhook changes nothing: it only says which keys to read.
 */
import { counter, RejectedError, sendProblem, StewardError, toProblem, type Clock, type Database, type Logger } from '@steward/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { storeHints } from '../feed/hint.store';
import type { Feed, Hint, WebhookSpec } from '../source/define';

export interface WebhookParts {
  readonly spec: WebhookSpec;
  readonly feeds: readonly Feed[];
  readonly database: Pick<Database, 'query'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stored: () => void;
}

const maxBodyBytes = 1_048_576;
const refusals = { unsigned: 'WEBHOOK_UNSIGNED', signature: 'WEBHOOK_SIGNATURE', replay: 'WEBHOOK_REPLAY' } as const;
const requests = counter('steward_webhooks_total', 'Webhook requests, by what came of them', ['path', 'outcome']);

export function mountWebhook(server: FastifyInstance, parts: WebhookParts): void {
  const { path } = parts.spec;
  // A scope of its own: its bodies stay bytes, whatever else parses JSON in this process.
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) => done(null, body));
    scope.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
      if (error.statusCode === 413) return refuse(reply, path, new RejectedError('WEBHOOK_BODY', 'the body is too large', { accepted: `at most ${maxBodyBytes} bytes` }), 413);
      parts.logger.error({ err: error, path }, 'a webhook could not be stored');
      return refuse(reply, path, new StewardError('DATABASE_UNAVAILABLE', 'its keys could not be stored'));
    });
    scope.post(path, (request, reply) => receive(parts, request, reply));
  });
}

async function receive({ spec, feeds, database, clock, stored }: WebhookParts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const verdict = spec.verify(body, request.headers, clock.now());
  if (!verdict.ok) return refuse(reply, spec.path, new RejectedError(refusals[verdict.reason], undefined, verdict));
  let hints: readonly Hint[];
  try {
    hints = spec.hints(JSON.parse(body.toString('utf8')));
  } catch (error) {
    return refuse(reply, spec.path, new RejectedError('WEBHOOK_BODY', (error as Error).message.slice(0, 500), { accepted: 'JSON as the vendor documents it for this webhook' }));
  }
  const entities = new Set(feeds.map(({ contract }) => contract.entity));
  // What no table can hold is no key of ours; the cursor finds its item and files it with its owner.
  const known = hints.filter(({ entity, key }) => entities.has(entity) && !key.includes('\0') && key.isWellFormed());
  if (known.length > 0) {
    await storeHints(database, known, new Date(clock.now()));
    stored();
  }
  requests.inc({ path: spec.path, outcome: 'accepted' });
  return reply.code(202).type('application/json').send('{}');
}

function refuse(reply: FastifyReply, path: string, error: StewardError, status?: number): FastifyReply {
  requests.inc({ path, outcome: error.code });
  const problem = toProblem(error);
  return sendProblem(reply, status === undefined ? problem : { ...problem, status });
}
