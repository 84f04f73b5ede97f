/** Doors for whoever compares and repairs: announce again what you have announced, and read for me what your source says. */
import type { DynamicModule } from '@nestjs/common';
import { type ReadSourceAnswer, readSourceSubject, type SourcePage } from '@steward/contracts';
import { announceAgainModule, announcedKey, doorModule } from '@steward/event-bus';
import { z } from 'zod';
import { calling } from '../http/caller';
import { announceAgain, type Announcing } from './announce-again';
import { readSource, readSourcePage, type SourceReading } from './read-source';

const entity = z.string().min(1).max(100);
const keysQuestion = z.strictObject({ entity, keys: z.array(announcedKey).min(1).max(200), reveal: z.boolean().default(false) });
const pageQuestion = z.strictObject({ entity, ask: z.literal('page'), after: z.string().nullable() });

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
  const again = announceAgainModule(service, () => {
    const doors = opened();
    return doors && ((question) => announceAgain(doors, question));
  });
  return { ...doorModule(readSourceSubject(service), opened, answerReadSource), imports: [again] };
}
