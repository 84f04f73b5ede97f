/** Doors for whoever compares and repairs: announce again what you have announced, and read for me what your source says. */
import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type AnnounceAgainAnswer, announceAgainSubject, encodeKey, type ReadSourceAnswer, readSourceSubject, type SourcePage } from '@steward/contracts';
import { inSpan } from '@steward/platform';
import { z } from 'zod';
import { calling } from '../http/caller';
import { announceAgain, type Announcing } from './announce-again';
import { readSource, readSourcePage, type SourceReading } from './read-source';

const words = z.string().trim().min(1).max(2_000);
/** What no table or subject takes was never announced either. */
const key = z.string().refine((given) => {
  try {
    return !given.includes('\0') && encodeKey(given) !== '';
  } catch {
    return false;
  }
}, 'is no key');

const againQuestion = z.strictObject({
  entity: z.string().min(1).max(100),
  keys: z.array(key).min(1).max(500),
  from: z.enum(['announced', 'source']).default('announced'),
  // Far below where a number of JavaScript stops counting: revisions must be able to grow from here.
  above: z.record(key, z.int().min(0).max(2 ** 50)).default({}),
  actor: words,
  reason: words,
  dryRun: z.boolean(),
  actId: z.string().min(1).max(200).nullable().default(null),
  origin: z.literal('repair').default('repair'),
  traceparent: z.string().nullable().default(null),
});

const entity = z.string().min(1).max(100);
const keysQuestion = z.strictObject({ entity, keys: z.array(key).min(1).max(200), reveal: z.boolean().default(false) });
const pageQuestion = z.strictObject({ entity, ask: z.literal('page'), after: z.string().nullable() });

export async function answerAnnounceAgain(announcing: Announcing, asked: unknown): Promise<AnnounceAgainAnswer> {
  const question = againQuestion.parse(asked);
  return inSpan(`announce again ${question.entity}`, { kind: 'server', parent: question.traceparent }, () => announceAgain(announcing, question));
}

/** Whoever asks has given up by then, and the broker lets no later answer through. */
const answerWithinMs = 50_000;

/** In the lowest lane (R3): a comparison can wait for everything else. */
export async function answerReadSource(reading: SourceReading, asked: unknown): Promise<ReadSourceAnswer | SourcePage> {
  const question = typeof asked === 'object' && asked !== null && 'ask' in asked ? pageQuestion.parse(asked) : keysQuestion.parse(asked);
  return calling({ lane: 'background', until: performance.now() + answerWithinMs, signal: reading.signal }, () => ('ask' in question ? readSourcePage(reading, question) : readSource(reading, question)));
}

export interface OpenDoors extends Announcing, SourceReading {
  readonly database: Announcing['database'] & SourceReading['database'];
}

export function doorsModule(service: string, opened: () => OpenDoors | undefined): DynamicModule {
  const answered = async <Answer>(answer: (doors: OpenDoors) => Promise<Answer>): Promise<Answer> => {
    const doors = opened();
    if (doors === undefined) throw new RpcException('the service is still starting');
    return answer(doors).catch((error: unknown) => {
      throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
    });
  };
  @Controller()
  class DoorsController {
    @MessagePattern(announceAgainSubject(service))
    announceAgain(asked: unknown): Promise<AnnounceAgainAnswer> {
      return answered((doors) => answerAnnounceAgain(doors, asked));
    }

    @MessagePattern(readSourceSubject(service))
    readSource(asked: unknown): Promise<ReadSourceAnswer | SourcePage> {
      // R3: it is compared at leisure what others sell by.
      return answered((doors) => answerReadSource(doors, asked));
    }
  }
  class DoorsModule {}
  return { module: DoorsModule, controllers: [DoorsController] };
}
