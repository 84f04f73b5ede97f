/** What a generated vendor says of its entity: words of an invented system, and their translation. All of it is to be replaced. */
interface Starter {
  /** Name in `@steward/contracts`, of the contract and of its type. */
  readonly contract: string;
  readonly type: string;
  /** Fields of the wire schema besides `id`, `changed_at` and `row_version`. */
  readonly wire: readonly string[];
  /** A record as it was recorded. */
  readonly recorded: readonly string[];
  /** Fields of the contract, from `record`. */
  readonly translated: readonly string[];
  /** The n-th record's own fields, from `n` and `edition`; each edition has to differ. */
  readonly faked: readonly string[];
  /** A field that the wire schema refuses. */
  readonly broken: string;
  /** The id of the n-th record. */
  readonly id: string;
  /** The key of the recorded record. */
  readonly key: string;
}

export const starters: Readonly<Record<string, Starter>> = {
  product: {
    contract: 'product',
    type: 'Product',
    wire: ['title: z.string().min(1)', "state: z.enum(['on', 'off'])"],
    recorded: ["id: 'TENT-1'", "title: 'Dome Tent'", "state: 'on'"],
    translated: [
      'id: record.id',
      "status: record.state === 'on' ? 'active' : 'archived'",
      'categoryIds: []',
      'texts: { en: { name: record.title, slug: record.id.toLowerCase() } }',
      'attributes: {}',
      'media: []',
      'variants: []',
    ],
    faked: ['title: `Title ${edition}`'],
    broken: 'title: null',
    id: '`A-${n}`',
    key: 'TENT-1',
  },
  category: {
    contract: 'category',
    type: 'Category',
    wire: ['title: z.string().min(1)', 'parent: z.string().min(1).nullable()', 'rank: z.number().int()'],
    recorded: ["id: 'tents'", "title: 'Tents'", "parent: 'outdoor'", 'rank: 30'],
    translated: ['id: record.id', 'parentId: record.parent', 'position: record.rank', 'texts: { en: { name: record.title, slug: record.id.toLowerCase() } }'],
    faked: ['rank: edition'],
    broken: 'title: null',
    id: '`a-${n}`',
    key: 'tents',
  },
  'stock-level': {
    contract: 'stockLevel',
    type: 'StockLevel',
    wire: ['article: z.string().min(1)', 'place: z.string().min(1)', 'pieces: z.number().int()'],
    recorded: ["id: 'TENT-1@MAIN'", "article: 'TENT-1'", "place: 'MAIN'", 'pieces: 12'],
    translated: ['sku: record.article', 'location: record.place', 'onHand: record.pieces'],
    faked: ['article: `A-${n}`', 'pieces: edition'],
    broken: 'pieces: null',
    id: '`A-${n}@MAIN`',
    key: 'TENT-1@MAIN',
  },
  price: {
    contract: 'price',
    type: 'Price',
    wire: ['article: z.string().min(1)', 'cents: z.number().int().min(0)'],
    recorded: ["id: 'EU-TENT-1'", "article: 'TENT-1'", 'cents: 12995'],
    translated: [
      'id: record.id',
      'sku: record.article',
      "market: 'eu'",
      "currency: 'EUR'",
      "customerGroup: 'public'",
      'minQuantity: 1',
      'validFrom: null',
      'validTo: null',
      'amount: record.cents',
      "taxMode: 'included'",
    ],
    faked: ['cents: edition'],
    broken: 'cents: null',
    id: '`EU-${n}`',
    key: 'EU-TENT-1',
  },
  promotion: {
    contract: 'promotion',
    type: 'Promotion',
    wire: ['rebate: z.number().int().min(0).max(100)', 'rank: z.number().int().min(0)'],
    recorded: ["id: 'SPRING'", 'rebate: 10', 'rank: 1'],
    translated: [
      'id: record.id',
      "market: 'eu'",
      "currency: 'EUR'",
      "customerGroup: 'public'",
      'code: null',
      "kind: 'percent'",
      'valueBp: record.rebate * 100',
      'amount: null',
      'minSubtotal: 0',
      'skus: null',
      'validFrom: null',
      'validTo: null',
      "stacking: 'exclusive'",
      'priority: record.rank',
    ],
    faked: ['rebate: 10', 'rank: edition'],
    broken: 'rebate: null',
    id: '`P-${n}`',
    key: 'SPRING',
  },
  shipment: {
    contract: 'shipment',
    type: 'Shipment',
    wire: ['order_no: z.string().min(1)', 'article: z.string().min(1)', 'pieces: z.number().int().min(1)', 'carrier: z.string().min(1)'],
    recorded: ["id: 'SH-1'", "order_no: 'W-2703-00042'", "article: 'TENT-1'", 'pieces: 2', "carrier: 'DHL'"],
    translated: [
      'shipmentId: record.id',
      'orderNumber: record.order_no',
      "status: 'shipped'",
      'lines: [{ lineId: null, sku: record.article, quantity: record.pieces }]',
      'location: null',
      'carrier: record.carrier',
      'trackingNumber: null',
      'shippedAt: null',
    ],
    faked: ["order_no: `W-2703-${n}`", "article: 'A-1'", 'pieces: 1', 'carrier: `Carrier ${edition}`'],
    broken: 'pieces: null',
    id: '`SH-${n}`',
    key: 'SH-1',
  },
  customer: {
    contract: 'customer',
    type: 'Customer',
    wire: ['mail: z.string().min(1)', 'full_name: z.string().min(1)', 'tier: z.string().min(1)'],
    recorded: ["id: 'C-1'", "mail: 'ada@example.org'", "full_name: 'Ada Brandt'", "tier: 'public'"],
    translated: [
      'customerId: record.id',
      'email: record.mail',
      'name: record.full_name',
      'phone: null',
      'language: null',
      'addresses: []',
      'consents: []',
      'segmentIds: []',
      'customerGroup: record.tier',
      'registeredAt: null',
      'mergedInto: null',
    ],
    faked: ['mail: `c${n}@example.org`', 'full_name: `Name ${edition}`', "tier: 'public'"],
    broken: 'mail: null',
    id: '`C-${n}`',
    key: 'C-1',
  },
  segment: {
    contract: 'segment',
    type: 'Segment',
    wire: ['label: z.string().min(1)'],
    recorded: ["id: 'VIP'", "label: 'Best customers'"],
    translated: ['id: record.id', 'name: record.label', 'customerGroup: null'],
    faked: ['label: `Label ${edition}`'],
    broken: 'label: null',
    id: '`S-${n}`',
    key: 'VIP',
  },
};
