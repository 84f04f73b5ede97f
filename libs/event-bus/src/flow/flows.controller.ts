/** The door to a service's flows: what they do, and pausing them, by whoever the desk of operations has made out (I6). */
import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type FlowsAnswer, flowsSubject } from '@steward/contracts';
import { z } from 'zod';
import type { FlowBoard } from './flow-board';

export function flowsModule(service: string, board: () => FlowBoard | undefined): DynamicModule {
  @Controller()
  class FlowsController {
    @MessagePattern(flowsSubject(service))
    async flows(asked: unknown): Promise<FlowsAnswer> {
      const open = board();
      if (open === undefined) throw new RpcException('the service is still starting');
      return open.answer(asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class FlowsModule {}
  return { module: FlowsModule, controllers: [FlowsController] };
}
