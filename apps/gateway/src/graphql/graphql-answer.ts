import { degradedHeader } from '../storefront/send';
import type { ShownError } from './graphql.errors';
import { limits } from './limits';
import type { Execution } from './resolvers';
import type { Answer } from './stored-answers';

/** What an execution came to, with all that clients and caches may want to know of it. */
export function answerOf({ context, used, shownCategories, degraded }: Execution, data: unknown, errors: readonly ShownError[], cost: number): Answer {
  const shown = used.map(({ rendered }) => rendered);
  const all = [...[...new Set(shown)].flatMap((rendered) => rendered.degraded), ...shownCategories.flatMap((categories) => categories.degraded), ...degraded];
  const extensions = { context, cost: { requested: cost, limit: limits.cost }, ...(all.length > 0 ? { degraded: all } : {}) };
  const body = Buffer.from(JSON.stringify({ data, ...(errors.length > 0 ? { errors } : {}), extensions }));
  return { body, context, validUntil: Math.min(Infinity, ...[...shown, ...shownCategories].map((part) => part.validUntil)), degraded: degradedHeader(all) };
}
