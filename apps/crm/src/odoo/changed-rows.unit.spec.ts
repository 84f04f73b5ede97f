import { type ChangedRow, changedRows, earlier, type FindRows, type Position, toMoment } from './changed-rows';

const base = Date.parse('2027-03-01T08:00:00Z');

/** Odoo: keeps microseconds, sorts by them, shows seconds. */
class Table {
  readonly rows = new Map<number, number>();
  readonly find: FindRows<ChangedRow> = async (domain, order, limit) => {
    const ms = (text: unknown): number => Date.parse(`${String(text).replace(' ', 'T')}Z`);
    const matches = ([id, at]: readonly [number, number]): boolean =>
      domain.every(([field, operator, value]) => (field === 'id' ? id > Number(value) : operator === '>=' ? at >= ms(value) : at < ms(value)));
    const found = [...this.rows].filter(matches).sort(([a, atA], [b, atB]) => (order === 'id asc' ? a - b : atA - atB || a - b));
    return found.slice(0, limit).map(([id, at]) => ({ id, write_date: toMoment(at) }));
  };
  put(id: number, ms: number): void {
    this.rows.set(id, base + ms);
  }
}

const start: Position = { at: '2027-03-01 07:00:00', id: 0 };

async function toEnd(table: Table, from: Position, limit: number, isOver: (at: string) => boolean = () => true): Promise<{ ids: number[]; next: Position; pages: number }> {
  const ids: number[] = [];
  for (let next = from, pages = 1; ; pages += 1) {
    const page = await changedRows(table.find, next, limit, isOver);
    ids.push(...page.rows.map(({ id }) => id));
    next = page.next;
    if (!page.more) return { ids, next, pages };
    expect(pages).toBeLessThan(100);
  }
}

describe('rows by date and id, dates cut to the second', () => {
  it('are all shown, however they lie in their seconds', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const table = new Table();
      let random = seed;
      const next = (below: number): number => ((random = (random * 1_103_515_245 + 12_345) % 2_147_483_648), random % below);
      for (let id = 1; id <= 40; id += 1) table.put(id, next(5) * 1_000 + next(1_000));
      const { ids } = await toEnd(table, start, 1 + (seed % 7));
      expect([seed, [...new Set(ids)].sort((a, b) => a - b)]).toEqual([seed, Array.from({ length: 40 }, (_, index) => index + 1)]);
    }
  });

  it('of one transaction lie in one second, and are paged by id, each once', async () => {
    const table = new Table();
    for (let id = 1; id <= 25; id += 1) table.put(id, 500);
    const { ids, pages } = await toEnd(table, start, 10);
    expect([ids, pages]).toEqual([Array.from({ length: 25 }, (_, index) => index + 1), 3]);
  });

  it('are not shown again when nothing has changed', async () => {
    const table = new Table();
    for (let id = 1; id <= 5; id += 1) table.put(id, id * 300);
    const { next } = await toEnd(table, start, 3);
    expect(await toEnd(table, next, 3)).toMatchObject({ ids: [], next });
  });

  it('of a second that goes on are read again: one of them may change within it', async () => {
    const table = new Table();
    table.put(1, 100);
    table.put(2, 200);
    const { next } = await toEnd(table, start, 3, () => false);
    table.put(1, 900);
    expect((await toEnd(table, next, 3, () => false)).ids).toContain(1);
  });

  it('T3: were the second taken for over, that change would be missed', async () => {
    const table = new Table();
    table.put(1, 100);
    table.put(2, 200);
    const { next } = await toEnd(table, start, 3, () => true);
    table.put(1, 900);
    expect((await toEnd(table, next, 3, () => true)).ids).not.toContain(1);
  });

  it('are found again from a place that was moved back', async () => {
    const table = new Table();
    for (let id = 1; id <= 5; id += 1) table.put(id, id * 300);
    const { next } = await toEnd(table, start, 10);
    expect((await toEnd(table, earlier(next, 60_000), 2)).ids).toHaveLength(5);
  });
});
