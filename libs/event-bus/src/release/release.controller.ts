import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type BacklogAnswer, backlogSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { readBacklog } from './backlog';

/** The door to what waits in a service, by contract version. */
export function backlogModule(service: string, database: () => Database | undefined): DynamicModule {
  @Controller()
  class BacklogController {
    @MessagePattern(backlogSubject(service))
    async backlog(): Promise<BacklogAnswer> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return readBacklog(open).catch((error: unknown) => {
        throw new RpcException((error as Error).message);
      });
    }
  }
  class BacklogModule {}
  return { module: BacklogModule, controllers: [BacklogController] };
}
