import { Controller, Inject } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload, RpcException } from '@nestjs/microservices';
import { durables, type ForgetAnswer, forgetSubject, forgetting, parseSubject, streams } from '@steward/contracts';
import type { Administration } from '@steward/event-bus';
import { z } from 'zod';

/** What the controller asks of the broker. */
export const FORGETTER = Symbol('administration');

const question = z.strictObject({ subjects: z.array(z.string()).max(500) });
const doors = forgetting.map(forgetSubject);

/** Takes messages of erased persons out of streams, at the wish of whoever has sent them: the streams are nobody else's to touch (B7). */
@Controller()
export class ForgetController {
  constructor(@Inject(FORGETTER) private readonly administration: Pick<Administration, 'forgetSubject'>) {}

  @MessagePattern(doors)
  async forget(@Payload() payload: unknown, @Ctx() context: NatsContext): Promise<ForgetAnswer> {
    // The broker's accounts let a service through no door but its own.
    const service = forgetting.find((each) => forgetSubject(each) === context.getSubject());
    const parsed = question.safeParse(payload);
    if (service === undefined || !parsed.success) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${parsed.error === undefined ? context.getSubject() : z.prettifyError(parsed.error)}`);
    const gone: string[] = [];
    for (const subject of parsed.data.subjects) if (await this.forgetOne(service, subject)) gone.push(subject);
    return { gone };
  }

  private async forgetOne(service: string, subject: string): Promise<boolean> {
    const parsed = parseSubject(subject);
    const pattern = parsed && `${parsed.isCommand ? 'cmd' : 'evt'}.${parsed.system}.${parsed.entity}.*.*`;
    const stream = streams.find(({ system, holds, subjects }) => system === service && holds !== 'state' && pattern !== undefined && subjects.includes(pattern));
    // What holds the newest message of a key is how a slow consumer learns of it (B12): a state is overwritten, never taken out.
    if (stream === undefined) throw new RpcException(`OPERATIONS_BAD_REQUEST: ${subject} is no command or event of ${service}`);
    const reading = durables.filter((durable) => durable.stream === stream.name && durable.filterSubjects.some((filter) => covers(filter, subject)));
    return this.administration.forgetSubject(stream, subject, reading);
  }
}

/** Filters of durables end in wildcards of one token each. */
const covers = (filter: string, subject: string): boolean => {
  const [wanted, given] = [filter.split('.'), subject.split('.')];
  return wanted.length === given.length && wanted.every((token, index) => token === '*' || token === given[index]);
};
