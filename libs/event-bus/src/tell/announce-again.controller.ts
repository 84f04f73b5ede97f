import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type AnnounceAgainAnswer, type AnnounceAgainQuestion, announceAgainSubject } from '@steward/contracts';
import { inSpan } from '@steward/platform';
import { z } from 'zod';
import { announceAgainQuestion } from './announce-again';

export type AnnounceAgain = (question: AnnounceAgainQuestion) => Promise<AnnounceAgainAnswer>;

export async function answerAnnounceAgain(announceAgain: AnnounceAgain, asked: unknown): Promise<AnnounceAgainAnswer> {
  const question = announceAgainQuestion.parse(asked);
  return inSpan(`announce again ${question.entity}`, { kind: 'server', parent: question.traceparent }, () => announceAgain(question));
}

/** What can be announced again differs: an adapter has states of its source and of its own, others only rows that are told. */
export function announceAgainModule(service: string, opened: () => AnnounceAgain | undefined): DynamicModule {
  @Controller()
  class AnnounceAgainController {
    @MessagePattern(announceAgainSubject(service))
    async announceAgain(asked: unknown): Promise<AnnounceAgainAnswer> {
      const announceAgain = opened();
      if (announceAgain === undefined) throw new RpcException('the service is still starting');
      return answerAnnounceAgain(announceAgain, asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class AnnounceAgainModule {}
  return { module: AnnounceAgainModule, controllers: [AnnounceAgainController] };
}
