/** From the sandbox PIM's words to the contract's. Objects are built in a fixed order: the hash is taken from their text. */
import type { Category, Product } from '@steward/contracts';
import type { SandboxCategory, SandboxProduct } from './sandbox.wire';

const states = { published: 'active', draft: 'draft', archived: 'archived' } as const;
const kinds: Readonly<Record<string, Product['media'][number]['kind']>> = { image: 'image', video: 'video', document: 'document' };

export function toProduct(record: SandboxProduct): Product {
  return {
    id: record.id,
    status: states[record.state],
    // The contract's list has each category once.
    categoryIds: [...new Set(record.categories)],
    // Absent, null (cleared) and a value stay three different things.
    ...(record.manufacturer === undefined ? {} : { brand: record.manufacturer === '' ? null : record.manufacturer }),
    texts: sorted(record.labels, toText),
    attributes: sorted(record.specs, (value) => value),
    media: record.pictures.map(toMedium),
    variants: record.options.map(toVariant),
  };
}

export function toCategory(record: SandboxCategory): Category {
  return { id: record.id, parentId: record.parent, position: record.order, texts: sorted(record.labels, toText) };
}

function toText(label: SandboxProduct['labels'][string]): Product['texts'][string] & Category['texts'][string] {
  return {
    name: label.title,
    ...(label.text === undefined ? {} : { description: label.text }),
    slug: label.urlKey,
    ...(label.metaTitle === undefined ? {} : { seoTitle: label.metaTitle }),
    ...(label.metaDescription === undefined ? {} : { seoDescription: label.metaDescription }),
  };
}

function toMedium(picture: SandboxProduct['pictures'][number]): Product['media'][number] {
  return {
    url: picture.href,
    kind: kinds[picture.type] ?? 'other',
    ...(picture.captions === undefined ? {} : { alt: sorted(picture.captions, (caption) => caption) }),
  };
}

function toVariant(option: SandboxProduct['options'][number]): Product['variants'][number] {
  const attributes: Record<string, string> = {};
  // An attribute that tells no variants apart is none; the contract has no null here.
  if (typeof option.color === 'string') attributes['color'] = option.color;
  if (typeof option.size === 'string') attributes['size'] = option.size;
  return option.ean === undefined ? { sku: option.sku, attributes } : { sku: option.sku, attributes, gtin: option.ean };
}

/** By name: the PIM promises no order of its maps, and the same content must have the same hash. */
function sorted<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  const result: Record<string, To> = {};
  for (const name of Object.keys(record).sort()) result[name] = change(record[name] as From);
  return result;
}
