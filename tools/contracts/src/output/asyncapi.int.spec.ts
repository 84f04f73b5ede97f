import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import addFormats from 'ajv-formats';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { loadContracts } from '../load';
import { messagesOf } from '../model';
import { ASYNCAPI, renderAsyncApi } from './asyncapi';

interface Document {
  asyncapi: string;
  channels: Record<string, { address: string; messages: Record<string, unknown>; 'x-owner': { team: string }; 'x-stream': string }>;
  operations: Record<string, { action: string; tags: { name: string }[] }>;
  components: { messages: Record<string, { payload: { $ref: string }; examples: { name: string; payload: unknown }[] }>; schemas: Record<string, { properties?: Record<string, Record<string, unknown>> }> };
}

const root = join(__dirname, '../../../..');
// Claims travel inside of messages, and are none.
const sources = messagesOf(loadContracts(root).sources);
const document = parse(renderAsyncApi(sources)) as Document;

/** Every object of the document, with its path. */
function* nodes(value: unknown, path = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
  for (const [name, inner] of Object.entries(value)) yield* nodes(inner, `${path}/${name}`);
}

describe('the AsyncAPI document', () => {
  it('is committed as it is generated', () => {
    expect(readFileSync(join(root, ASYNCAPI), 'utf8')).toBe(renderAsyncApi(sources));
  });

  it('names each channel once per system and major, with its owner and stream', () => {
    expect(Object.values(document.channels).map((channel) => `${channel.address} ${channel['x-stream']} ${channel['x-owner'].team}`)).toEqual(
      expect.arrayContaining(['evt.pim.category.v1.{key} PIM_STATE Catalogue', 'evt.pricing.price.v1.{key} PRICING_STATE Pricing', 'evt.pricing.feed-progress.v1.{key} PRICING_EVENTS Platform', 'cmd.oms.reserve-stock.v1.{key} OMS_COMMANDS Inventory']),
    );
    expect(document.operations['gateway.prices.receives.pricing.price.v1']).toMatchObject({ action: 'receive', tags: [{ name: 'gateway' }] });
    expect(document.operations['pricing.sends.price.v1']).toMatchObject({ action: 'send', tags: [{ name: 'pricing' }] });
  });

  it('points nowhere but into itself, and names components as AsyncAPI allows', () => {
    const paths = new Set([...nodes(document)].map(([path]) => path));
    const references = [...nodes(document)].flatMap(([path, { $ref }]) => (typeof $ref === 'string' && !path.includes('/payload/') ? [$ref] : []));
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((reference) => !paths.has(reference))).toEqual([]);
    const { messages, schemas } = document.components;
    for (const name of [document.channels, document.operations, messages, schemas].flatMap(Object.keys)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
  });

  it('describes its own examples', () => {
    // Its own schema format is a superset of draft 07; x- keywords are annotations in it.
    const ajv = addFormats(new Ajv({ strict: false }));
    ajv.addSchema({ $id: 'asyncapi', ...document });
    for (const { payload, examples } of Object.values(document.components.messages)) {
      const validate = ajv.compile({ $ref: `asyncapi${payload.$ref}` });
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect([example.name, validate(example.payload), validate.errors]).toEqual([example.name, true, null]);
      expect(validate({})).toBe(false);
    }
  });

  it('C9: shows the values of an open enum without closing it', () => {
    expect(document.components.schemas['product.v1.medium']?.properties?.['kind']).toEqual({ type: 'string', 'x-enum': 'open', examples: ['image', 'video', 'document', 'other'] });
    expect(document.components.schemas['product.v1']?.properties?.['status']).toMatchObject({ enum: ['active', 'draft', 'archived'] });
  });
});
