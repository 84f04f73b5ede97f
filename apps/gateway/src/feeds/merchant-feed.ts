/** A product feed by Google's product data specification (RSS 2.0), made from the view that the page shows. */
import type { Money } from '@steward/commerce';
import type { AvailabilityState } from '../product/availability';
import type { ProductView } from '../product/product-view';
import { addressOf, type PageTemplate } from './addresses';
import { element } from './xml';

/** The specification has no word for UNKNOWN, and calling it out of stock would be the guess that Steward is there to prevent. */
const availabilities: Readonly<Record<Exclude<AvailabilityState, 'UNKNOWN'>, string>> = { IN_STOCK: 'in_stock', LOW_STOCK: 'in_stock', OUT_OF_STOCK: 'out_of_stock', BACKORDER: 'backorder' };

const IMAGES_MOST = 11;
const TITLE_MOST = 150;
const DESCRIPTION_MOST = 5_000;

export function feedStart(market: string, language: string): string {
  const title = `Products for ${market} in ${language}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel>${element('title', title)}${element('description', title)}\n`;
}
export const feedEnd = '</channel>\n</rss>\n';

/** One item per SKU. A SKU without a price or of unknown availability has none: both are mandatory. */
export function feedItems(view: ProductView, market: string, template: PageTemplate): string {
  const link = addressOf(template, { market, language: view.language, id: view.id, slug: view.slug });
  const own = { sku: view.sku, gtin: null, attributes: {} as Record<string, string>, price: view.price, availability: view.availability };
  const skus = view.variants.length === 0 ? [own] : view.variants;
  return skus
    .map(({ sku, gtin, attributes, price, availability }) => {
      if (price.value === null || availability.state === 'UNKNOWN') return '';
      const reduced = price.listValue !== null && Number(price.listValue.minorUnits) > Number(price.value.minorUnits);
      const [image = null, ...more] = view.media.filter(({ kind }) => kind === 'image').map(({ url }) => url);
      return [
        '<item>',
        element('g:id', sku),
        element('g:title', [view.name, ...Object.values(attributes)].join(' ').slice(0, TITLE_MOST)),
        element('g:description', (view.description ?? view.name).slice(0, DESCRIPTION_MOST)),
        element('g:link', link),
        element('g:image_link', image),
        ...more.slice(0, IMAGES_MOST - 1).map((url) => element('g:additional_image_link', url)),
        element('g:availability', availabilities[availability.state]),
        availability.state === 'BACKORDER' ? element('g:availability_date', availability.expectedAt) : '',
        element('g:price', priceText(reduced && price.listValue !== null ? price.listValue : price.value)),
        reduced ? element('g:sale_price', priceText(price.value)) : '',
        reduced && price.entry?.validFrom != null && price.entry.validTo !== null ? element('g:sale_price_effective_date', `${price.entry.validFrom}/${price.entry.validTo}`) : '',
        element('g:brand', view.brand),
        element('g:gtin', gtin),
        gtin === null ? element('g:identifier_exists', 'no') : '',
        element('g:condition', 'new'),
        element('g:product_type', view.breadcrumbs.map(({ name }) => name).join(' > ')),
        view.variants.length > 0 ? element('g:item_group_id', view.id) : '',
        element('g:color', attributes['colour'] ?? attributes['color'] ?? null),
        element('g:size', attributes['size'] ?? null),
        element('g:material', attributes['material'] ?? null),
        '</item>\n',
      ].join('');
    })
    .join('');
}

const priceText = ({ amount, currency }: Money): string => `${amount} ${currency}`;
