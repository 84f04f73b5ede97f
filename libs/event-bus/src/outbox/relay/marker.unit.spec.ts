import { createLogger, manualClock } from '@steward/platform';
import { Marker } from './marker';
import { type Acknowledged, markBatchSize } from './mark-published';

const rowsOf = (from: number, count: number): Acknowledged[] =>
  Array.from({ length: count }, (_, index) => ({ id: String(from + index), createdAt: '2026-01-01T00:00:00Z', messageId: `m${from + index}`, sequence: from + index }));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Marker', () => {
  const started = () => {
    const batches: string[][] = [];
    const query = async <R>(_statement: unknown, values: readonly unknown[] = []): Promise<R[]> => {
      batches.push(values[0] as string[]);
      return [];
    };
    const marker = new Marker({ database: { query }, clock: manualClock(), logger: createLogger({ service: 'test', level: 'silent' }), onMarked: () => undefined });
    const add = (rows: readonly Acknowledged[], stream = 'S'): void => rows.forEach((row) => marker.add(0, stream, 'e1', row));
    return { batches, marker, add };
  };

  it('marks the first at once, and what comes one by one after it together', async () => {
    const { batches, marker, add } = started();
    for (const row of rowsOf(1, 20)) {
      add([row]);
      await turn();
      await turn();
    }
    await marker.flush();
    expect(batches.flat().length).toBe(20);
    // Without the gap each would be a statement of its own; a machine that stands still between them may need more than two.
    expect(batches.length).toBeLessThan(10);
  });

  it('marks each stream for itself, and a full batch without waiting for more', async () => {
    const { batches, marker, add } = started();
    add(rowsOf(1, 1));
    await marker.flush();
    add(rowsOf(2, markBatchSize));
    add(rowsOf(1_000, 1), 'T');
    while (batches.length < 3) await turn();
    expect(batches.map(({ length }) => length)).toEqual([1, markBatchSize, 1]);
    await marker.close();
  });

  it('marks what is left at once when it is closed', async () => {
    const { batches, marker, add } = started();
    add(rowsOf(1, 1));
    while (batches.length < 1) await turn();
    add(rowsOf(2, 1));
    await marker.close();
    expect(batches).toEqual([['1'], ['2']]);
  });
});
