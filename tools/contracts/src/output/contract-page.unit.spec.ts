import type { ContractFile, ContractSource, Schema } from '../model';
import { renderContract } from './contract-page';

const contract: ContractFile = {
  entity: 'price', kind: 'state', summary: 'What a thing costs.', systems: ['pricing'], fourEyes: true,
  owner: { team: 'Pricing desk', contact: '#pricing', escalation: 'pricing-on-call', runbook: 'docs/runbooks/price.md' },
  key: { from: ['sku', 'market'], separator: '@' },
  versions: [{ major: 1, status: 'deprecated', until: '2027-06-30' }, { major: 2, status: 'active' }],
  freshness: { price: { target: '30s', staleAfter: '1h' } }, deadLetter: { respondWithin: '30m' },
  guard: { delete: { max: 0, ratio: 0 }, changes: [{ field: 'amount', when: 'moves', by: 0.5, max: 5, ratio: 0.1 }] },
  reconciliation: { cadence: '15m', settle: '1m', repair: 'ask' },
  retention: { stream: { newestPerKey: true }, tombstones: '30d' },
  consumers: [{ service: 'gateway', builds: 'prices', purpose: 'projection' }],
};
const schema: Schema = {
  type: 'object', 'x-authority': 'pricing', 'x-audience': 'internal', required: ['sku'],
  properties: {
    sku: { type: 'string', minLength: 1, maxLength: 200 },
    amount: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, 'x-audience': 'public' },
    buyer: { type: ['object', 'null'], 'x-pii': true, properties: { name: { type: 'string', pattern: '^a|b$' } } },
    tiers: { type: 'array', items: { $ref: '#/$defs/tier' } },
    texts: { type: 'object', additionalProperties: { type: 'object', properties: { title: { type: 'string' } } } },
  },
  $defs: { tier: { type: 'object', properties: { state: { type: 'string', enum: ['on', 'off'], 'x-enum': 'closed' } } } },
};
const source: ContractSource = { folder: 'contracts/price', file: 'contracts/price/contract.yaml', contract, versions: [{ major: 2, file: 'v2', schema }], examples: [{ file: 'contracts/price/examples/one.json', data: { sku: 'A' } }] };

describe('the page of a contract', () => {
  const page = renderContract(source, (_entity, major) => (major === 2 ? 3 : 0));
  const rowOf = (field: string): string | undefined => page.split('\n').find((line) => line.startsWith(`| \`${field}\``));

  it('says who decides, who reads and what is published', () => {
    expect(page).toContain('| system of record | pricing |');
    expect(page).toContain('| key | `sku` + `@` + `market` |');
    expect(page).toContain('| subject, stream | `evt.pricing.price.v2.<key>` in `PRICING_STATE` |');
    expect(page).toContain('| versions | v1 deprecated until 2027-06-30, not published; v2 active, published, release 3 |');
    expect(page).toContain('| consumers | gateway builds `prices` from it (projection) |');
  });

  it('says what is promised, and what to do when it fails', () => {
    expect(page).toContain('no key deleted, at most 5 keys or 10 % whose `amount` moves by more than 50 %');
    expect(page).toContain('[runbooks/price.md](../runbooks/price.md)');
    expect(page).toContain(`npx steward dlq list --q 'state:open owner:"Pricing desk"'`);
  });

  it('has every field at any depth, with what it has from the field that holds it', () => {
    expect(page).toContain('Of every field: written by pricing.');
    expect(rowOf('sku')).toBe('| `sku` | string | 1 to 200 characters | no | internal | no |  |');
    expect(rowOf('amount')).toBe('| `amount` | integer | 0 or more | yes | public | no |  |');
    expect(rowOf('buyer.name')).toBe('| `buyer.name` | string | `^a\\|b$` | yes | internal | yes |  |');
    expect(rowOf('tiers[].state')).toContain('`on`, `off` (closed)');
    expect(rowOf('tiers')).toContain('array of object');
    expect(rowOf('texts{}.title')).toContain('string');
  });
});
