/** The answers of the digest door, whatever carries them. */
import { depthOf, type DigestAnswer, digestStep, KEPT_BITS, MOST_DIGEST_BITS } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { digestChildren, digestKeys, digestRoot, MOST_KEYS } from './digest';
import type { Scrubber } from './scrubber';
import type { StateTable } from './tree';

const entity = z.string().min(1).max(100);
const node = z.number().int().min(1).max(2 ** (MOST_DIGEST_BITS + 1) - 1);
/** 256 nodes of 128 children are half of a message. */
const nodes = z.array(node).min(1).max(256);
/** The root, a group, or what lies below the leaves: other nodes are on nobody's way. */
const inner = node.refine((given) => depthOf(given) % 7 === 0 || depthOf(given) > KEPT_BITS, 'is between two levels').refine((given) => depthOf(given) + digestStep(given) <= MOST_DIGEST_BITS, 'has no children');

const shapes = {
  root: z.strictObject({ entity }),
  childrenOf: z.strictObject({ entity, childrenOf: z.array(inner).min(1).max(256) }),
  keysOf: z.strictObject({ entity, keysOf: nodes, after: z.string().nullish() }),
  scrub: z.strictObject({ entity, scrub: z.literal(true), ticket: z.string().regex(/^\d{1,15}$/).nullish() }),
};

/** By the field that makes the question, so that a fault is told with its place: a union only says that nothing fits. */
function questionOf(asked: unknown): z.output<(typeof shapes)[keyof typeof shapes]> {
  const has = (field: string): boolean => typeof asked === 'object' && asked !== null && field in asked;
  const shape = has('childrenOf') ? shapes.childrenOf : has('keysOf') ? shapes.keysOf : has('scrub') ? shapes.scrub : shapes.root;
  return shape.parse(asked);
}

/** Where the states of an entity are: for who announces some and keeps others'. */
export type TableOf = StateTable | ((entity: string) => StateTable);

/** How long an answer waits for a scrub: that of a small entity is done by then. */
const SCRUB_WAIT_MS = 1_000;

export async function answerDigest(database: Pick<Database, 'query' | 'transaction'>, tableOf: TableOf, asked: unknown, scrubber: Scrubber): Promise<DigestAnswer> {
  const wish = questionOf(asked);
  const table = typeof tableOf === 'function' ? tableOf(wish.entity) : tableOf;
  // One statement each, and no transaction around it: that would be three more round trips.
  if ('childrenOf' in wish) return { nodes: await digestChildren(database, table, wish.entity, wish.childrenOf) };
  if ('keysOf' in wish) {
    const keys = await digestKeys(database, table, { entity: wish.entity, nodes: wish.keysOf, after: wish.after ?? null });
    return { keys, next: keys.length === MOST_KEYS ? (keys.at(-1)?.key ?? null) : null };
  }
  if ('scrub' in wish) {
    const ticket = wish.ticket ?? (await scrubber.ask(database, table, wish.entity));
    if (await scrubber.isDone(database, table, wish.entity, ticket)) return { ticket, done: true };
    await scrubber.work(database, table, wish.entity, SCRUB_WAIT_MS);
    return { ticket, done: await scrubber.isDone(database, table, wish.entity, ticket) };
  }
  return digestRoot(database, table, wish.entity);
}
