import { category, customer, price, product, promotion, segment, shipment, stockLevel } from '@steward/contracts';
import { defineCheck, type SourceCheck } from '../check/define-check';

/** States with a system of record behind their adapter; the others are decisions of Steward itself, and have no other source. */
const read = [product, category, stockLevel, shipment, price, promotion, customer, segment];

export const sources: readonly SourceCheck[] = read.flatMap((contract) =>
  contract.systems.map((system) => defineCheck<SourceCheck>({ kind: 'source', name: `${contract.entity}: source → ${system}`, contract, system })),
);
