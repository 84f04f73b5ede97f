import type { DynamicModule } from '@nestjs/common';
import { type EvidenceAnswer, evidenceSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { doorModule } from '../broker/door';
import type { TableOf } from '../digest/answer';
import { readEvidence, type ReadSourceEvidence } from './evidence';

const question = z.strictObject({ entity: z.string().min(1).max(100), keys: z.array(z.string().min(1)).min(1).max(200) });

export async function answerEvidence(database: Pick<Database, 'transaction'>, tableOf: TableOf, asked: unknown, ofSource?: ReadSourceEvidence): Promise<EvidenceAnswer> {
  const about = question.parse(asked);
  const table = typeof tableOf === 'function' ? tableOf(about.entity) : tableOf;
  return database.transaction((tx) => readEvidence(tx, table, about, { ofSource }));
}

/** The door to evidence. `ofSource`: what an adapter knows about its system of record. */
export const evidenceModule = (service: string, tableOf: TableOf, database: () => Database | undefined, ofSource?: ReadSourceEvidence): DynamicModule =>
  doorModule(evidenceSubject(service), database, (open, asked) => answerEvidence(open, tableOf, asked, ofSource));
