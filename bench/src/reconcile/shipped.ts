/** The event bus as it ships: benchmarks stand outside of its layer. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MigrationClass } from '@steward/platform';

const load = createRequire(__filename);
const shipped = <T>(file: string): T => load(join(__dirname, '../../../libs', file)) as T;

type Door = (question: object) => Promise<object>;
export type Statement = string | { readonly name: string; readonly text: string };
type Database = { readonly query: (statement: Statement, values?: unknown[]) => Promise<unknown[]> };

export interface Difference {
  readonly key: string;
}

export const bus = shipped<{
  compareDigests: (ends: { entity: string; left: Door; right: Door }) => AsyncGenerator<{ differences: readonly Difference[] }>;
}>('event-bus/dist/digest/compare.js');

export const { answerDigest } = shipped<{ answerDigest: (database: Database, table: 'announced' | 'stored_part', question: object, scrubber: undefined) => Promise<object> }>('event-bus/dist/digest/answer.js');

/** Loaded when they are needed: they bring much with them that a process to be weighed should not have. */
export const migrations = () => ({
  ...shipped<{ consumerMigrations: MigrationClass[] }>('event-bus/dist/consumer/migrations.js'),
  ...shipped<{ outboxMigrations: MigrationClass[] }>('event-bus/dist/outbox/outbox.migration.js'),
  ...shipped<{ kitMigrations: MigrationClass[] }>('adapter-kit/dist/announce/kit.migration.js'),
});
