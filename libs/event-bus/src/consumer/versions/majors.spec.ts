// A second major of a state and of an event that exist here alone, as the next build of a catalogue would have them.
import { type Catalogue, type Contract, defineUpcast, type FeedProgress, feedProgress, type Problem, shipped, type StockLevel, stockLevel } from '@steward/contracts';

export interface StockLevel2 {
  readonly sku: string;
  readonly location: string;
  readonly quantity: { readonly onHand: number; readonly safety: number };
}

export interface FeedProgress2 extends Pick<FeedProgress, 'system' | 'entity' | 'completeUpTo'> {
  readonly position: Pick<FeedProgress, 'stream' | 'epoch' | 'sequence'>;
}

const next = <T>({ shape: _shape, ...before }: Contract, fits: (data: T) => boolean): Contract<T> => {
  const validate = (data: unknown): Problem[] => (fits(data as T) ? [] : [{ pointer: '', message: `is no ${before.entity} v2` }]);
  return { ...before, major: 2, validateProduced: validate, validateConsumed: validate };
};

export const stockLevel2 = next<StockLevel2>(stockLevel, ({ sku, quantity }) => typeof sku === 'string' && Number.isInteger(quantity?.onHand) && Number.isInteger(quantity.safety));
export const feedProgress2 = next<FeedProgress2>(feedProgress, ({ entity, position }) => typeof entity === 'string' && typeof position?.stream === 'string');

export const stockUpcast = defineUpcast<StockLevel, StockLevel2>(stockLevel, stockLevel2, ({ sku, location, onHand, safetyStock }) => ({ sku, location, quantity: { onHand, safety: safetyStock ?? 0 } }));
export const progressUpcast = defineUpcast<FeedProgress, FeedProgress2>(feedProgress, feedProgress2, ({ system, entity, completeUpTo, stream, epoch, sequence }) => ({ system, entity, completeUpTo, position: { stream, epoch, sequence } }));

/** What the build knows that brings the second majors. */
export const withMajor2: Catalogue = { contracts: [...shipped.contracts, stockLevel2, feedProgress2], upcasts: [...shipped.upcasts, stockUpcast, progressUpcast] };
