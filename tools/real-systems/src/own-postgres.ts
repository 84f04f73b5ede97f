import { join } from 'node:path';
import { Client } from 'pg';
import { freePort, startPostgres } from '@steward/servers';

export interface OwnPostgres {
  readonly urlOf: (database: string) => string;
  readonly rows: <Row>(database: string, text: string, values?: readonly unknown[]) => Promise<Row[]>;
  readonly create: (database: string, more?: string) => Promise<void>;
}

interface Started {
  readonly stop: () => Promise<void>;
}

/** Starts a system of record on a PostgreSQL of its own, which ends after it, or when it did not start. */
export async function onOwnPostgres<T extends Started>(directory: string, start: (postgres: OwnPostgres) => Promise<T>): Promise<T> {
  const running = await startPostgres({ dir: join(directory, 'postgres'), port: await freePort(), durable: false });
  const urlOf = (database: string): string => running.adminUrl.replace(/[^/]*$/, database);
  const rows: OwnPostgres['rows'] = async <Row>(database: string, text: string, values: readonly unknown[] = []) => {
    const client = new Client(urlOf(database));
    await client.connect();
    const answer = await client.query(text, [...values]).finally(() => client.end());
    return answer.rows as Row[];
  };
  const create: OwnPostgres['create'] = async (database, more = '') => void (await rows('postgres', `create database ${database} ${more}`));
  try {
    const system = await start({ urlOf, rows, create });
    const stop = async (): Promise<void> => {
      await system.stop();
      await running.stop();
    };
    return { ...system, stop };
  } catch (fault) {
    await running.stop();
    throw fault;
  }
}
