import type { DynamicModule } from '@nestjs/common';
import { type AnnounceAgainAnswer, type AnnounceAgainQuestion, announceAgainSubject } from '@steward/contracts';
import { inSpan } from '@steward/platform';
import { doorModule } from '../broker/door';
import { announceAgainQuestion } from './announce-again';

export type AnnounceAgain = (question: AnnounceAgainQuestion) => Promise<AnnounceAgainAnswer>;

export async function answerAnnounceAgain(announceAgain: AnnounceAgain, asked: unknown): Promise<AnnounceAgainAnswer> {
  const question = announceAgainQuestion.parse(asked);
  return inSpan(`announce again ${question.entity}`, { kind: 'server', parent: question.traceparent }, () => announceAgain(question));
}

/** What can be announced again differs: an adapter has states of its source and of its own, others only rows that are told. */
export const announceAgainModule = (service: string, opened: () => AnnounceAgain | undefined): DynamicModule => doorModule(announceAgainSubject(service), opened, answerAnnounceAgain);
