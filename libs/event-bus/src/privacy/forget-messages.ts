/**
 * Commands and events of ours that speak of an erased person, in the broker's streams: states are overwritten by their next
 * revision, these would stay until they are too old.
 * 1. What was not sent yet is sent first, as it was written; what no durable has acknowledged yet stays (the provisioner sees to it).
 * 2. Rows of the outbox are redacted before the broker is asked: what it loses is published again from them (B10).
 * 3. A row goes when the broker has nothing under its subject any more. Until then it is asked again; asking twice does no harm.
 */
import { type Catalogue, currentContracts, type ForgetAnswer, type ForgetQuestion, forgetSubject, shipped, subjectOf, typeOf, versionIn, versionsOf } from '@steward/contracts';
import type { ClientProxy } from '@nestjs/microservices';
import type { Clock, Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import { ask } from '../broker';
import { type PersonalTrace, redactOutbox } from './redact-person';

/** To be called in the transaction that forgets the person. `system` is the sender of the messages, in whichever version they are. */
export async function forgetMessages(tx: PoolClient, system: string, traces: readonly Pick<PersonalTrace, 'contract' | 'keys'>[], catalogue: Catalogue = shipped): Promise<void> {
  const versions = traces.flatMap(({ contract: { entity }, keys }) => versionsOf(catalogue, entity).map((contract) => ({ contract, keys })));
  const messages = versions.flatMap(({ contract, keys }) => keys.map((key) => ({ subject: subjectOf(contract, system, key), type: typeOf(contract, system), key })));
  await tx.query('insert into forgotten_message (subject, type, key) select u.* from unnest($1::text[], $2::text[], $3::text[]) as u(subject, type, key) order by 1 on conflict do nothing', [
    messages.map(({ subject }) => subject),
    messages.map(({ type }) => type),
    messages.map(({ key }) => key),
  ]);
}

/** Returns the subjects that hold nothing any more. */
export type AskForget = (question: ForgetQuestion) => Promise<ForgetAnswer>;

export const askForget =
  (client: ClientProxy, service: string): AskForget =>
  (question) =>
    ask<ForgetAnswer, ForgetQuestion>(client, forgetSubject(service), question);

const atOnce = 100;

/** One look at what is to be forgotten; returns how much of it is gone. */
async function purgeForgotten(database: Pick<Database, 'query' | 'transaction'>, system: string, askBroker: AskForget, now: Date): Promise<number> {
  const due = await database.query<{ subject: string; type: string; key: string }>(
    `update forgotten_message f set tried_at = $1 from (select subject from forgotten_message order by tried_at nulls first, subject limit $2) d where f.subject = d.subject returning f.subject, f.type, f.key`,
    [now, atOnce],
  );
  if (due.length === 0) return 0;
  const sent = await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ subject: string }>('select distinct subject from outbox where published_at is null and subject = any($1::text[])', [due.map(({ subject }) => subject)]);
    const waiting = new Set(rows.map(({ subject }) => subject));
    const published = due.filter(({ subject }) => !waiting.has(subject));
    for (const contract of currentContracts.filter(({ systems }) => systems.includes(system))) {
      const keys = published.flatMap((each) => (versionIn(each.type)?.entity === contract.entity ? [each.key] : []));
      // What waits under the subject of another version is not published.
      if (keys.length > 0) await redactOutbox(tx, { contract, keys, leavesUnsent: true });
    }
    return published.map(({ subject }) => subject);
  });
  if (sent.length === 0) return 0;
  const { gone } = await askBroker({ subjects: sent });
  await database.query('delete from forgotten_message where subject = any($1::text[])', [gone]);
  return gone.length;
}

interface ForgettingOptions {
  readonly system: string;
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly ask: AskForget;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/** Returns a function that stops it and waits for a pass in progress. */
export function startForgetting({ system, database, ask: askBroker, clock, logger, everyMs = 2_000 }: ForgettingOptions): () => Promise<void> {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    let quietSince = 0;
    while (!stopping.signal.aborted) {
      try {
        await purgeForgotten(database, system, askBroker, new Date(clock.now()));
        quietSince = 0;
      } catch (error) {
        // Said once in a while: the provisioner may be away for long.
        if (clock.now() - quietSince > 60_000) logger.warn({ err: error }, 'messages of erased persons are still in the broker');
        quietSince ||= clock.now();
      }
      await clock.sleep(everyMs, stopping.signal);
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
  };
}
