import { Controller, type DynamicModule } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { z } from 'zod';

/** What an asker hears from a process that does not have yet what it answers with. */
export const STILL_STARTING = 'the service is still starting';

/**
 * A door: a request that a service answers over the broker. The shape of the question is in `@steward/contracts`, who may ask is in the
 * broker's accounts. A question of another shape, and one that can't be answered, is refused with a reason that the caller can use.
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
