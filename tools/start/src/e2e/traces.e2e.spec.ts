/** One causal chain from a change in a system of record, or from a shopper, to what is shown; drawn into docs/traces by `npm run traces`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, OtlpReceiver, type ReceivedSpan } from '@steward/testing';
import type { SandboxCollection, SandboxRecord } from '../clients/sandbox.client';
import { placeOrder, preview, readOrder, type Placed } from '../clients/shopper.client';
import { layOut } from '../shop/goods';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { causes, drawTrace } from '../traces/draw';

const services = ['pim', 'erp', 'oms', 'pricing', 'gateway-projector', 'gateway-api'] as const;

describe('one trace', () => {
  const dataDir = scratchFolder('traces');
  let receiver: OtlpReceiver;
  let system: System;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', without: ['crm', 'reconciliation'], env: Object.fromEntries(services.map((name) => [name, telemetry])) });
    await system.sandbox.seed({ seed: 'traces', products: 12 });
    await layOut(system.sandbox, system.gatewayUrl, { skus: 1, stock: 5, withinMs: 60_000 });
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** The chain of the newest such span, whole: every cause has arrived. */
  const chainTo = (service: string, name: string, besides: ReadonlySet<string> = new Set()): Promise<{ chain: string[]; trace: ReceivedSpan[] }> =>
    eventually(() => {
      const last = receiver.spans.filter((span) => span.service === service && span.name === name && !besides.has(span.traceId)).at(-1);
      if (last === undefined) throw new Error(`no span ${name} of ${service}`);
      const trace = receiver.trace(last.traceId);
      const chain = causes(trace, last);
      expect(chain[0]).toMatchObject({ parentSpanId: '' });
      return { chain: chain.map((span) => `${span.service}: ${span.name}`), trace };
    });

  const change = async (collection: SandboxCollection, changed: (record: SandboxRecord) => SandboxRecord): Promise<void> => {
    const [record] = (await system.sandbox.list(collection, { limit: 1 })).items;
    if (record === undefined) throw new Error(`${collection} is empty`);
    await system.sandbox.put(collection, changed(record));
  };
  const tracesUntilNow = (): ReadonlySet<string> => new Set(receiver.spans.map(({ traceId }) => traceId));

  function draw(file: string, title: string, says: string, trace: readonly ReceivedSpan[]): void {
    if (process.env['WRITE_TRACES'] !== '1') return;
    const folder = join(__dirname, '../../../../docs/traces');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${file}.md`), `# ${title}\n\n${says} Written by \`npm run traces\` from a run; see [how to see one yourself](../how-to/see-a-trace.md).\n\n\`\`\`text\n${drawTrace(trace)}\n\`\`\`\n`);
  }

  it.each([
    ['price', 'pricing', 'pricing/prices', (record: SandboxRecord) => ({ ...record, amount: (Number(record['amount']) * 1.01).toFixed(2) })],
    ['category', 'pim', 'pim/categories', (record: SandboxRecord) => ({ ...record, labels: { en: { title: 'Renamed', urlKey: 'renamed' } } })],
  ] as const)('leads from the read of a changed %s to its commit in the read model', async (entity, owner, collection, changed) => {
    const before = tracesUntilNow();
    await change(collection, changed);
    const { chain, trace } = await chainTo('gateway-projector', `process evt.${owner}.${entity}.v1.{key}`, before);
    expect(chain).toEqual([`${owner}: read ${entity}`, `${owner}: send evt.${owner}.${entity}.v1.{key}`, `gateway-projector: process evt.${owner}.${entity}.v1.{key}`]);
    if (entity === 'price') draw('price-change', 'One change of a price', 'From the webhook of the pricing system to the commit in the read model of the storefront.', trace);
  });

  it('leads from a shopper over outbox, broker, saga and effects to the order that is shown', async () => {
    const [sku = ''] = (await layOut(system.sandbox, system.gatewayUrl, { skus: 1, stock: 5, withinMs: 60_000 })).map((each) => each.sku);
    const { promise, shippingPromise } = await preview(system.gatewayUrl, sku, 1);
    const answer = await placeOrder(system.gatewayUrl, { key: 'an-order-that-is-drawn', lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: 'ada@example.com', card: 'pm_card_visa' }, 10);
    const placed = JSON.parse(answer.text) as Placed;
    await eventually(async () => (await readOrder(system.gatewayUrl, placed.order.id, placed.orderToken)).status === 'CONFIRMED', { withinMs: 60_000 });
    const { chain, trace } = await chainTo('erp', 'submit sale');
    expect(chain[0]).toMatch(/^gateway-api: POST/);
    // What a handler sends has the message for its cause, as the handling itself has.
    const milestones = ['gateway-projector: send cmd.gateway.place-order.v1.{key}', 'oms: send cmd.oms.export-order.v1.{key}', 'erp: effect sale', 'erp: submit sale'];
    expect(chain.filter((each) => milestones.includes(each))).toEqual(milestones);
    const handled = ['oms: process cmd.gateway.place-order.v1.{key}', 'erp: process cmd.oms.reserve-stock.v1.{key}', 'erp: process cmd.oms.export-order.v1.{key}', 'gateway-projector: process evt.oms.order.v1.{key}'];
    expect(trace.map((span) => `${span.service}: ${span.name}`)).toEqual(expect.arrayContaining(handled));
    draw('order', 'One order', 'From the request of a shopper over reservation, payment, OMS and ERP to the order as it is shown.', trace);
  }, 90_000);
});
