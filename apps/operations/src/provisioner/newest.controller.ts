import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { type NewestAnswer, newestSubject } from '@steward/contracts';
import { z } from 'zod';
import { Provisioner } from './provisioner';

const question = z.strictObject({ stream: z.string().min(1), subjects: z.array(z.string().min(1)).min(1).max(200), durable: z.string().min(1).optional() });

@Controller()
export class NewestController {
  constructor(@Inject(Provisioner) private readonly provisioner: Provisioner) {}

  @MessagePattern(newestSubject)
  newest(@Payload() payload: unknown): Promise<NewestAnswer> {
    const parsed = question.safeParse(payload);
    if (!parsed.success) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${z.prettifyError(parsed.error)}`);
    return this.provisioner.newest(parsed.data);
  }
}
