import { Controller, Inject } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload, RpcException } from '@nestjs/microservices';
import { everyService, type HeartbeatAnswer, heartbeatSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { releaseShape } from './release.shape';
import { recordBeats } from './releases.store';

export const HEARD_IN = Symbol('database of heartbeats');

const name = z.string().min(1).max(300);
const question = z.strictObject({
  beats: z.array(z.strictObject({ instance: name, process: name, release: releaseShape, applied: z.array(name).max(2_000), startedAt: z.iso.datetime(), seenAgoMs: z.int().nonnegative(), ended: z.boolean() })).max(1_000),
});
const doors = everyService.map(heartbeatSubject);

/** What processes say of themselves. The broker's accounts let a service through no door but its own. */
@Controller()
export class HeartbeatController {
  constructor(@Inject(HEARD_IN) private readonly database: () => Database) {}

  @MessagePattern(doors)
  async heard(@Payload() payload: unknown, @Ctx() context: NatsContext): Promise<HeartbeatAnswer> {
    const service = everyService.find((each) => heartbeatSubject(each) === context.getSubject());
    const parsed = question.safeParse(payload);
    if (service === undefined || !parsed.success) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${parsed.error === undefined ? context.getSubject() : z.prettifyError(parsed.error)}`);
    const { beats } = parsed.data;
    const strange = beats.find(({ release }) => release.service !== service);
    if (strange !== undefined) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${strange.instance} says that it is of ${strange.release.service}, at the door of ${service}`);
    await recordBeats(this.database(), service, beats);
    return { heard: beats.length };
  }
}
