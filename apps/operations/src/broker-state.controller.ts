import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { type BrokerState, type BrokerStateRequest, brokerStateSubject } from '@steward/event-bus';
import { z } from 'zod';
import { Provisioner } from './provisioner/provisioner';

const position = z.strictObject({ epoch: z.string(), sequence: z.number().int().min(0), messageId: z.string().nullish() });
const request = z.strictObject({
  service: z.string().min(1),
  recorded: z.record(z.string(), position),
  tailLossProof: z.strictObject({ stream: z.string(), sequence: z.number().int().min(1) }).optional(),
});

@Controller()
export class BrokerStateController {
  constructor(@Inject(Provisioner) private readonly provisioner: Provisioner) {}

  @MessagePattern(brokerStateSubject)
  brokerState(@Payload() payload: unknown): Promise<BrokerState> {
    const parsed = request.safeParse(payload);
    // A fault of the asker must not look like evidence about a stream.
    if (!parsed.success) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${z.prettifyError(parsed.error)}`);
    return this.provisioner.answer(parsed.data as BrokerStateRequest);
  }
}
