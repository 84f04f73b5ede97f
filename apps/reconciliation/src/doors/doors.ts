/** What reconciliation asks of others, as functions: the only file that knows the subjects. */
import {
  type AnnounceAgainAnswer, type AnnounceAgainQuestion, announceAgainSubject, type Contract, contractAt, type DigestAnswer, digestSubject, type EvidenceAnswer, type EvidenceQuestion, evidenceSubject, type KeyEvidence, type NewestAnswer, newestSubject,
  type ReadSourceAnswer, readSourceSubject, shipped, type SourceItem, type SourcePage, streamOf, subjectOf, versionsOf,
} from '@steward/contracts';
import { answerDigest, answerEvidence, ask, createRpcClient, type DigestDoor, masked, Scrubber } from '@steward/event-bus';
import type { Database, Logger } from '@steward/platform';

export interface Doors {
  readonly digest: (service: string) => DigestDoor;
  readonly evidence: (service: string, entity: string, keys: readonly string[]) => Promise<ReadonlyMap<string, KeyEvidence>>;
  /** Of the newest message of each key in its stream, and how far the durable's consumer has come. */
  readonly newest: (contract: Contract, system: string, durable: string, keys: readonly string[]) => Promise<{ readonly stored: ReadonlyMap<string, NewestAnswer['newest'][number]['stored']>; readonly ackFloor: number | null }>;
  readonly readSource: (system: string, entity: string, keys: readonly string[]) => Promise<ReadonlyMap<string, SourceItem>>;
  /** undefined where the system's connector reads no such thing: then there is no source to compare with. */
  readonly sourcePage: (system: string, entity: string, after: string | null) => Promise<SourcePage | undefined>;
  readonly announceAgain: (system: string, question: AnnounceAgainQuestion) => Promise<AnnounceAgainAnswer>;
}

interface DoorsOptions {
  /** Its own name: it answers itself from its own tables. */
  readonly service: string;
  readonly rpc: ReturnType<typeof createRpcClient>;
  readonly database: Database;
  readonly logger: Logger;
}

/** Digests of millions of keys are read from their rows, and a source may be slow: nobody waits for an answer here but a check. */
const PATIENCE_MS = 55_000;
const KEYS_AT_ONCE = 200;

export function openDoors({ service, rpc, database, logger }: DoorsOptions): Doors {
  const scrubber = new Scrubber(logger);
  const knock = <Answer>(subject: string, question: object): Promise<Answer> => ask<Answer>(rpc, subject, question, PATIENCE_MS);
  /** Asks again for what did not fit, until everything was answered. */
  async function all<Item extends { readonly key: string }>(keys: readonly string[], some: (keys: readonly string[]) => Promise<readonly Item[]>): Promise<Map<string, Item>> {
    const found = new Map<string, Item>();
    let left = [...new Set(keys)];
    while (left.length > 0) {
      const items = await some(left.slice(0, KEYS_AT_ONCE));
      if (items.length === 0) break;
      for (const item of items) found.set(item.key, item);
      left = left.filter((key) => !found.has(key));
    }
    return found;
  }
  return {
    digest: (of) => (of === service ? (question) => answerDigest(database, 'stored_part', question, scrubber) : (question) => knock<DigestAnswer>(digestSubject(of), question)),
    evidence: (of, entity, keys) =>
      all(keys, async (some) => (of === service ? await answerEvidence(database, 'stored_part', { entity, keys: some }) : await knock<EvidenceAnswer>(evidenceSubject(of), { entity, keys: some } satisfies EvidenceQuestion)).keys),
    newest: async (contract, system, durable, keys) => {
      const newest = new Map<string, NewestAnswer['newest'][number]['stored']>();
      let ackFloor: number | null = null;
      // A key may have been said in each version that there is, under a subject of each.
      for (const version of versionsOf(shipped, contract.entity)) {
        const byKey = new Map(keys.map((key) => [subjectOf(version, system, key), key]));
        const answer = await knock<NewestAnswer>(newestSubject, { stream: streamOf(contract, system).name, subjects: [...byKey.keys()], durable });
        for (const { subject, stored } of answer.newest) {
          const key = byKey.get(subject) ?? '';
          if ((stored?.sequence ?? 0) >= (newest.get(key)?.sequence ?? 0)) newest.set(key, stored);
        }
        ackFloor = answer.ackFloor;
      }
      return { stored: newest, ackFloor };
    },
    readSource: (system, entity, keys) => all(keys, async (some) => {
      const { items, major = 1 } = await knock<ReadSourceAnswer>(readSourceSubject(system), { entity, keys: some, reveal: true });
      // Masked here, in the same words as evidence: what is equal has to stay equal.
      return items.map((item) => ({ ...item, data: masked(contractAt(shipped, { entity, major }), item.data) }));
    }),
    sourcePage: (system, entity, after) =>
      knock<SourcePage>(readSourceSubject(system), { entity, ask: 'page', after }).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'DOOR_UNKNOWN_ENTITY') return undefined;
        throw error;
      }),
    announceAgain: (system, question) => knock<AnnounceAgainAnswer>(announceAgainSubject(system), question),
  };
}
