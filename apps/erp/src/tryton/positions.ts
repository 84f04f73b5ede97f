/**
 * Where a poll of Tryton stands. A record's `write_date` is null until somebody writes it, so there are two positions, one by each
 * date, and a page takes from both.
 */
import type { DateField, ReadAfter, TrytonClient } from './tryton.client';
import type { Dated, Moment, Position } from './tryton.wire';

export interface Cursor {
  readonly created: Position;
  readonly written: Position;
}

export interface Step<T> {
  readonly records: readonly T[];
  readonly next: string;
  readonly more: boolean;
}

const dawn: Position = { at: '1970-01-01T00:00:00.000000', id: 0 };
// Where a first poll begins: the full pass of the first start reads everything older, and begins after this was taken.
const firstLookBackMs = 3_600_000;

type Newest = (date: DateField) => ReturnType<TrytonClient['newest']>;

/** Records as they can be asked for. */
interface Asked<T extends Dated> {
  readonly after: ReadAfter<T>;
  readonly newest: Newest;
}

/** The records after the cursor, each once. */
export async function stepOn<T extends Dated>({ after, newest }: Asked<T>, cursor: string | null, limit: number, signal: AbortSignal): Promise<Step<T>> {
  const from = cursor === null ? await firstCursor(newest) : (JSON.parse(cursor) as Cursor);
  const created = await after('create_date', from.created, limit, signal);
  const written = await after('write_date', from.written, limit, signal);
  const lastCreated = created.at(-1);
  const lastWritten = written.at(-1);
  const next: Cursor = {
    created: lastCreated ? { at: lastCreated.create_date, id: lastCreated.id } : from.created,
    written: lastWritten?.write_date ? { at: lastWritten.write_date, id: lastWritten.id } : from.written,
  };
  const records = [...new Map([...created, ...written].map((record) => [record.id, record])).values()];
  return { records, next: JSON.stringify(next), more: created.length === limit || written.length === limit };
}

export function rewind(cursor: string, byMs: number): string {
  const { created, written } = JSON.parse(cursor) as Cursor;
  return JSON.stringify({ created: earlier(created, byMs), written: earlier(written, byMs) } satisfies Cursor);
}

async function firstCursor(newest: Newest): Promise<Cursor> {
  const at = async (date: DateField): Promise<Position> => {
    const found = await newest(date);
    const moment = found?.[date];
    return earlier(found && moment ? { at: moment, id: found.id } : dawn, firstLookBackMs);
  };
  return { created: await at('create_date'), written: await at('write_date') };
}

/** The same place in the order of dates, earlier: before every id of that moment. */
function earlier({ at }: Position, byMs: number): Position {
  const moment = new Date(Date.parse(`${at.slice(0, 23)}Z`) - byMs).toISOString();
  const floor = moment < '1970' ? dawn.at : moment;
  return { at: `${floor.slice(0, 23)}000` satisfies Moment, id: 0 };
}
