import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type TraceAnswer, traceSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { readTrace } from './trace';

/** The door to what one service knows of a thing; only operations may ask. */
export function traceModule(service: string, database: () => Database | undefined): DynamicModule {
  @Controller()
  class TraceController {
    @MessagePattern(traceSubject(service))
    async trace(asked: unknown): Promise<TraceAnswer> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return readTrace(open, service, asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class TraceModule {}
  return { module: TraceModule, controllers: [TraceController] };
}
