// A believable catalogue out of a seed. A product's content depends on the seed and its number only, so a bigger
// catalogue begins with the smaller one, and every machine makes the same.
import type { CategoryRecord } from '../records/category.wire';
import type { CustomerRecord, SegmentRecord } from '../records/customer.wire';
import type { PriceRecord } from '../records/price.wire';
import type { ProductRecord } from '../records/product.wire';
import type { PromotionRecord } from '../records/promotion.wire';
import type { StockRecord } from '../records/stock.wire';
import { buildCategories } from './categories';
import { fashion } from './fashion';
import { home } from './home';
import { materials, palettes, sizeRanges, type Department, type Kind, type Said } from './kinds';
import { outdoor } from './outdoor';
import { makeCustomers, segments } from './people';
import { makePrices } from './prices';
import { makePromotions } from './promotions';
import { createRandom, type Random } from './random';

export interface Catalogue {
  readonly products: readonly ProductRecord[];
  readonly stock: readonly StockRecord[];
  readonly prices: readonly PriceRecord[];
  readonly variants: number;
  readonly categories: readonly CategoryRecord[];
  readonly promotions: readonly PromotionRecord[];
  readonly customers: readonly CustomerRecord[];
  readonly segments: readonly SegmentRecord[];
}

const departments = [outdoor, home, fashion];
const shelves = departments.flatMap((department) => department.kinds.map((kind) => ({ department, kind })));
export const warehouses = ['HAM-1', 'MUC-2'] as const;
/** A fixed day, because "in twelve days" would make every run another catalogue. */
const DELIVERIES_FROM = Date.UTC(2027, 0, 4, 8);
const DAY_MS = 86_400_000;

export function buildCatalogue(seed: string | number, count: number, customers = 50): Catalogue {
  const products: ProductRecord[] = [];
  const stock: StockRecord[] = [];
  const prices: PriceRecord[] = [];
  let variants = 0;
  for (let number = 0; number < count; number += 1) {
    const random = createRandom(`${seed}/${number}`);
    const product = makeProduct(number, random);
    products.push(product);
    variants += product.options.length;
    const skus = product.options.length > 0 ? product.options.map((option) => option.sku) : [product.id];
    for (const sku of skus) for (const warehouse of warehouses) stock.push(makeStock(sku, warehouse, random));
    for (const price of makePrices(seed, number, skus)) prices.push(price);
  }
  const first = products[0];
  const promoted = first === undefined ? [] : first.options.length > 0 ? first.options.map(({ sku }) => sku) : [first.id];
  return { products, stock, prices, variants, categories: buildCategories(departments, slug), promotions: makePromotions(promoted), customers: makeCustomers(seed, customers), segments };
}

function makeProduct(number: number, random: Random): ProductRecord {
  // Round-robin over the shelves: every category is filled before any is filled twice.
  const shelf = shelves[number % shelves.length];
  if (!shelf) throw new RangeError('no shelves');
  const { department, kind } = shelf;
  const id = `${department.id.slice(0, 2).toUpperCase()}-${String(10_001 + number)}`;
  const brand = random.pick(department.brands);
  const name = `${brand} ${random.pick(department.series)}`;
  const noun = random.pick(kind.nouns);
  const material = random.pick(kind.materials);
  const texts = wording(name, noun, kind, material, random);
  return {
    id,
    sku: id,
    state: random.chance(0.96) ? 'published' : random.chance(0.5) ? 'draft' : 'archived',
    categories: [department.id, kind.category, ...(random.chance(0.12) ? ['new-arrivals'] : []), ...(random.chance(0.1) ? ['sale'] : [])],
    manufacturer: random.chance(0.03) ? null : brand,
    labels: { en: label(texts.en, id), de: label(texts.de, id) },
    specs: specsOf(department, kind, material, random),
    pictures: picturesOf(id, texts, random),
    options: optionsOf(id, number, kind, random),
  };
}

interface Text {
  readonly title: string;
  readonly text: string;
  readonly summary: string;
}

function wording(name: string, noun: Said, kind: Kind, material: string, random: Random): Record<'en' | 'de', Text> {
  const opening = random.pick(kind.opening);
  const features = random.some(kind.features, 2);
  const made = materials[material];
  const en = [opening.en, `Made of ${made?.en}.`, ...features.map((said) => said.en), made?.care.en].join(' ');
  const de = [opening.de, `Gefertigt aus ${made?.de}.`, ...features.map((said) => said.de), made?.care.de].join(' ');
  return { en: { title: `${name} ${noun.en}`, text: en, summary: opening.en }, de: { title: `${name} ${noun.de}`, text: de, summary: opening.de } };
}

function label({ title, text, summary }: Text, id: string): ProductRecord['labels'][string] {
  return { title, text, urlKey: `${slug(title)}-${id.toLowerCase()}`, metaTitle: `${title} | Nordweg`, metaDescription: `${title}: ${summary}` };
}

function specsOf(department: Department, kind: Kind, material: string, random: Random): ProductRecord['specs'] {
  const [min, max] = kind.weight;
  return {
    material,
    weightGrams: random.between(min / 10, max / 10) * 10,
    ...(department.id === 'outdoor' ? { waterproof: random.chance(0.6), seasons: random.some(['spring', 'summer', 'autumn', 'winter'], random.between(2, 4)) } : {}),
    ...(random.chance(0.4) ? { madeIn: random.pick(['Portugal', 'Germany', 'Italy', 'Estonia', 'Vietnam']) } : {}),
    recycledPercent: random.between(0, 10) * 10,
  };
}

function picturesOf(id: string, texts: Record<'en' | 'de', Text>, random: Random): ProductRecord['pictures'] {
  const count = random.between(2, 4);
  return Array.from({ length: count }, (_, index) => ({
    href: `https://media.nordweg.example/${id.toLowerCase()}/${index + 1}.webp`,
    type: index === 3 ? 'video' : 'image',
    captions: { en: `${texts.en.title}, view ${index + 1}`, de: `${texts.de.title}, Ansicht ${index + 1}` },
  }));
}

function optionsOf(id: string, number: number, kind: Kind, random: Random): ProductRecord['options'] {
  const range = sizeRanges[kind.sizes];
  const sizes = range.length === 0 ? [null] : range;
  const colors = random.some(palettes[kind.palette], random.between(1, 3));
  if (range.length === 0 && colors.length === 1) return [];
  return colors.flatMap((color, at) =>
    sizes.map((size, index) => ({
      sku: [id, code(color), ...(size === null ? [] : [code(size)])].join('-'),
      size,
      color,
      ean: random.chance(0.04) ? null : ean13(number * 100 + at * sizes.length + index),
    })),
  );
}

function makeStock(sku: string, warehouse: string, random: Random): StockRecord {
  const soldOut = random.chance(0.08);
  return {
    id: `${sku}@${warehouse}`,
    item: sku,
    warehouse,
    quantity: soldOut ? 0 : random.between(1, random.chance(0.2) ? 6 : 180),
    buffer: random.between(0, 3),
    orderable: random.chance(0.3),
    nextDelivery: soldOut || random.chance(0.1) ? new Date(DELIVERIES_FROM + random.between(0, 60) * DAY_MS).toISOString() : null,
  };
}

/** In-store range 20…, so that no number belongs to somebody. */
function ean13(number: number): string {
  const digits = `20${String(number).padStart(10, '0')}`;
  const sum = [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function code(text: string): string {
  return text.toUpperCase().replaceAll(/\s*×\s*/g, 'X').replaceAll(/ CM$/g, '').replaceAll(/[^A-Z0-9]+/g, '');
}

function slug(text: string): string {
  const plain = text.toLowerCase().replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue').replaceAll('ß', 'ss');
  return plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}
