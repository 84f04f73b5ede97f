import { eventually } from '@steward/testing';
import { type Line, openLine } from './fixtures/line.fixture.spec';

const bucket = 10;
const orders = 12;
const downForMs = 30_000;

interface Calls {
  readonly total: number;
  readonly firstAttempts: number;
  readonly routes: Readonly<Record<string, { readonly calls: number }>>;
}

/** Every caller there is at once: feeds and their overlap, hints, a full pass, and the sales of orders. Measured at the ERP. */
describe('an ERP that is fully down at peak', () => {
  let line: Line;
  beforeAll(async () => {
    line = await openLine(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`S${index}@HAM-1`, 10])));
  }, 90_000);
  afterAll(() => line?.close());

  it.each([
    { name: 'refuses with 500', fault: { kind: 'error', status: 500 } },
    { name: 'cuts every connection', fault: { kind: 'drop-before-commit' } },
  ])('R1 R4: $name: gets at most 1.1·N + bucket calls in any 10 s, and what waited is done soon after it is back', async ({ name, fault }) => {
    const ids = Array.from({ length: orders }, (_, index) => `${name[0] ?? ''}${index}`);
    await line.reserve(...ids.map((orderId, index) => ({ orderId, lines: { [`S${index}`]: 1 } })));
    for (const orderId of ids) await line.until(orderId, ({ status }) => status === 'held');
    await line.control('POST', 'erp/faults', fault);
    await line.control('DELETE', 'erp/calls');
    await Promise.all(ids.map((orderId, index) => line.export(orderId, { [`S${index}`]: 1 })));
    await line.rows(`insert into hint (entity, keys, received_at) select 'stock-level', array['S' || n || '@HAM-1'], now() from generate_series(1, 10) n`);
    await line.rows('update feed set last_pass_at = null');

    const seen: (Calls & { readonly at: number })[] = [];
    const begun = performance.now();
    await eventually(async () => {
      seen.push({ at: performance.now(), ...(await line.control<Calls>('GET', 'erp/calls')) });
      return performance.now() - begun > downForMs;
    }, { withinMs: downForMs * 2, everyMs: 200 });
    const over = seen.flatMap((from, index) => seen.slice(index).filter((to) => to.at - from.at <= 10_000 && to.total - from.total > 1.1 * (to.firstAttempts - from.firstAttempts) + bucket));
    expect(over).toEqual([]);
    const last = seen.at(-1);
    expect(last?.firstAttempts).toBeGreaterThan(5);
    expect(await line.rows(`select 1 from effect where settled_at is not null and key = any(array['${ids.join(`','`)}'])`)).toEqual([]);

    await line.control('DELETE', 'erp/faults');
    for (const orderId of ids) await line.until(orderId, ({ status }) => status === 'exported');
    const made = (await line.sales()).filter(({ reference }) => ids.some((id) => reference === `W-${id.toUpperCase().padStart(8, '0')}`));
    expect([made.length, new Set(made.map(({ reference }) => reference)).size]).toEqual([orders, orders]);
    await eventually(async () => (await line.rows('select 1 from hint')).length === 0, { withinMs: 30_000 });
  }, 180_000);
});
