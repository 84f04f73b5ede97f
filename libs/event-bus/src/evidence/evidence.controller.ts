import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type EvidenceAnswer, evidenceSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import type { TableOf } from '../digest/answer';
import { readEvidence, type ReadSourceEvidence } from './evidence';

const question = z.strictObject({ entity: z.string().min(1).max(100), keys: z.array(z.string().min(1)).min(1).max(200) });

export async function answerEvidence(database: Pick<Database, 'transaction'>, tableOf: TableOf, asked: unknown, ofSource?: ReadSourceEvidence): Promise<EvidenceAnswer> {
  const { entity, keys } = question.parse(asked);
  const table = typeof tableOf === 'function' ? tableOf(entity) : tableOf;
  return database.transaction((tx) => readEvidence(tx, table, entity, keys, ofSource));
}

/** `ofSource`: what an adapter knows of the system behind it. */
export function evidenceModule(service: string, tableOf: TableOf, database: () => Database | undefined, ofSource?: ReadSourceEvidence): DynamicModule {
  @Controller()
  class EvidenceController {
    @MessagePattern(evidenceSubject(service))
    async evidence(asked: unknown): Promise<EvidenceAnswer> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return answerEvidence(open, tableOf, asked, ofSource).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class EvidenceModule {}
  return { module: EvidenceModule, controllers: [EvidenceController] };
}
