/** schema.org words for a product, made from the view that the page shows: the two can't say different things. */
import type { AvailabilityState } from '../product/availability';
import type { AvailabilityView, ProductView } from '../product/product-view';
import type { PriceView } from '../price/price-view';
import { addressOf, type Addresses } from './addresses';

type Json = { [name: string]: unknown };

/** What can't be promised is not said: there is no word for UNKNOWN. */
const availabilities: Readonly<Record<AvailabilityState, string | undefined>> = {
  IN_STOCK: 'https://schema.org/InStock',
  LOW_STOCK: 'https://schema.org/LimitedAvailability',
  OUT_OF_STOCK: 'https://schema.org/OutOfStock',
  BACKORDER: 'https://schema.org/BackOrder',
  UNKNOWN: undefined,
};

/** Attributes of variants that schema.org has a name for. */
const knownAttributes: Readonly<Record<string, string>> = { colour: 'color', color: 'color', size: 'size', material: 'material', pattern: 'pattern' };

/** Safe inside a script element: nothing in it can end one. */
export function jsonLdText(view: ProductView, market: string, addresses: Addresses): string {
  return JSON.stringify(jsonLdOf(view, market, addresses)).replaceAll('<', '\\u003c');
}

function jsonLdOf(view: ProductView, market: string, addresses: Addresses): Json {
  const url = addressOf(addresses.product, { market, language: view.language, id: view.id, slug: view.slug });
  return { '@context': 'https://schema.org', '@graph': [productOf(view, url), ...(view.breadcrumbs.length > 0 ? [breadcrumbsOf(view, market, addresses)] : [])] };
}

function productOf(view: ProductView, url: string): Json {
  const common = defined({
    '@id': url,
    url,
    name: view.name,
    description: view.description,
    brand: view.brand === null ? null : { '@type': 'Brand', name: view.brand },
    image: view.media.filter(({ kind }) => kind === 'image').map((medium) => medium.url),
    category: view.breadcrumbs.map(({ name }) => name).join(' > ') || null,
  });
  if (view.variants.length === 0) return { '@type': 'Product', ...common, sku: view.sku, ...offersOf(view, view.price, view.availability, url) };
  const varying = [...new Set(view.variants.flatMap(({ attributes }) => Object.keys(attributes)))].flatMap((name) => knownAttributes[name] ?? []);
  return {
    '@type': 'ProductGroup',
    ...common,
    productGroupID: view.id,
    ...(varying.length > 0 ? { variesBy: varying.map((name) => `https://schema.org/${name}`) } : {}),
    hasVariant: view.variants.map((variant) => ({
      '@type': 'Product',
      sku: variant.sku,
      name: [view.name, ...Object.values(variant.attributes)].join(' '),
      ...(variant.gtin === null ? {} : { gtin: variant.gtin }),
      ...Object.fromEntries(Object.entries(variant.attributes).flatMap(([name, value]) => (knownAttributes[name] === undefined ? [] : [[knownAttributes[name], value]]))),
      ...offersOf(view, variant.price, variant.availability, url),
    })),
  };
}

/** Without a price there is no offer. */
function offersOf({ status }: ProductView, price: PriceView, availability: AvailabilityView, url: string): Json {
  if (price.value === null) return {};
  const { amount, currency } = price.value;
  const taxIncluded = price.tax === 'INCLUDED';
  return {
    offers: defined({
      '@type': 'Offer',
      url,
      price: amount,
      priceCurrency: currency,
      priceValidUntil: price.entry?.validTo ?? null,
      availability: status === 'ARCHIVED' ? 'https://schema.org/Discontinued' : (availabilities[availability.state] ?? null),
      priceSpecification: [
        { '@type': 'UnitPriceSpecification', price: amount, priceCurrency: currency, valueAddedTaxIncluded: taxIncluded },
        ...(price.listValue === null
          ? []
          : [{ '@type': 'UnitPriceSpecification', priceType: 'https://schema.org/StrikethroughPrice', price: price.listValue.amount, priceCurrency: currency, valueAddedTaxIncluded: taxIncluded }]),
      ],
    }),
  };
}

function breadcrumbsOf(view: ProductView, market: string, addresses: Addresses): Json {
  return {
    '@type': 'BreadcrumbList',
    itemListElement: view.breadcrumbs.map(({ id, name, slug }, index) => ({
      '@type': 'ListItem',
      position: index + 1,
      name,
      item: addressOf(addresses.category, { market, language: view.language, id, slug }),
    })),
  };
}

const defined = (json: Json): Json => Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
