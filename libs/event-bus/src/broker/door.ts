import { Controller, type DynamicModule } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { z } from 'zod';

/** What an asker hears from a process that does not have yet what it answers with. */
export const STILL_STARTING = 'the service is still starting';

/**
 * A door: what a service answers over the broker. Its question is in `@steward/contracts`, who may ask is in the broker's accounts; a question
 * that is not of its shape, and what can't be answered, are refused in words that the asker can use.
 */
export function doorModule<Opened, Answer>(subject: string, opened: () => Opened | undefined, answer: (open: Opened, asked: unknown) => Promise<Answer>): DynamicModule {
  @Controller()
  class DoorController {
    @MessagePattern(subject)
    async answer(asked: unknown): Promise<Answer> {
      const open = opened();
      if (open === undefined) throw new RpcException(STILL_STARTING);
      return answer(open, asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class DoorModule {}
  return { module: DoorModule, controllers: [DoorController] };
}
