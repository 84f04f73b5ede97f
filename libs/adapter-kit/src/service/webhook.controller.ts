/**
 * The door for a vendor's webhooks.
 * 1. Nothing of a request is believed before its signature over the raw bytes is.
 * 2. It is answered when its keys are stored, not when they are read: vendors give seconds, and suspend who is slow.
 * 3. A webhook changes nothing: it only says which keys to read.
 */
import { counter, RejectedError, sendProblem, StewardError, toProblem, type Clock, type Database, type Logger } from '@steward/platform';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { storeHints } from '../feed/hint.store';
import type { Feed, Hint, WebhookSpec } from '../source/define';
import type { WebhookDoor } from './define-adapter';

interface WebhookParts {
  readonly spec: WebhookSpec;
  readonly feeds: readonly Feed[];
  readonly database: Pick<Database, 'query'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of the entities that hints were stored of. */
  readonly stored: (entities: readonly string[]) => void;
}

const maxBodyBytes = 1_048_576;
const refusals = { unsigned: 'WEBHOOK_UNSIGNED', signature: 'WEBHOOK_SIGNATURE', replay: 'WEBHOOK_REPLAY' } as const;
const requests = counter('steward_webhooks_total', 'Webhook requests, by what came of them', ['path', 'outcome']);

export function mountWebhook(server: FastifyInstance, { spec, feeds, database, clock, stored, logger }: WebhookParts): void {
  const entities = new Set(feeds.map(({ contract }) => contract.entity));
  mount(server, spec, { clock, logger }, async (body) => {
    // What no table can hold is no key of ours; the cursor finds its item and files it with its owner.
    const known = hintsOf(spec, body).filter(({ entity, key }) => entities.has(entity) && !key.includes('\0') && key.isWellFormed());
    if (known.length === 0) return;
    await storeHints(database, known, new Date(clock.now()));
    stored(known.map(({ entity }) => entity));
  });
}

interface DoorParts {
  readonly door: WebhookDoor;
  readonly database: Pick<Database, 'transaction'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function mountDoor(server: FastifyInstance, { door, database, clock, logger }: DoorParts): void {
  mount(server, door, { clock, logger }, (body) => database.transaction((tx) => door.receive(tx, body)));
}

function hintsOf(spec: WebhookSpec, body: unknown): readonly Hint[] {
  try {
    return spec.hints(body);
  } catch (cause) {
    throw foreign(cause);
  }
}

type Take = (body: unknown) => Promise<void>;

function mount(server: FastifyInstance, spec: Pick<WebhookSpec, 'path' | 'verify'>, { clock, logger }: Pick<WebhookParts, 'clock' | 'logger'>, take: Take): void {
  const { path } = spec;
  // A scope of its own: its bodies stay bytes, whatever else parses JSON in this process.
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) => done(null, body));
    scope.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
      if (error.statusCode === 413) return refuse(reply, path, new RejectedError('WEBHOOK_BODY', 'the body is too large', { accepted: `at most ${maxBodyBytes} bytes` }), 413);
      logger.error({ err: error, path }, 'a webhook could not be stored');
      return refuse(reply, path, new StewardError('DATABASE_UNAVAILABLE', 'its keys could not be stored'));
    });
    scope.post(path, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const verdict = spec.verify(body, request.headers, clock.now());
      if (!verdict.ok) return refuse(reply, path, new RejectedError(refusals[verdict.reason], undefined, verdict));
      try {
        await take(parse(body));
      } catch (error) {
        if (error instanceof RejectedError || error instanceof z.ZodError) return refuse(reply, path, foreign(error));
        throw error;
      }
      requests.inc({ path, outcome: 'accepted' });
      return reply.code(202).type('application/json').send('{}');
    });
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw foreign(cause);
  }
}

/** A body that the vendor's own code can't read. */
function foreign(cause: unknown): RejectedError {
  if (cause instanceof RejectedError && cause.code === 'WEBHOOK_BODY') return cause;
  return new RejectedError('WEBHOOK_BODY', (cause instanceof Error ? cause.message : String(cause)).slice(0, 500), { accepted: 'JSON as the vendor documents it for this webhook', cause });
}

function refuse(reply: FastifyReply, path: string, error: StewardError, status?: number): FastifyReply {
  requests.inc({ path, outcome: error.code });
  const problem = toProblem(error);
  return sendProblem(reply, status === undefined ? problem : { ...problem, status });
}
