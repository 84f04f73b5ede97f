import type { SaleDesk, Written } from './ports';

const refused: Written = { kind: 'refused', code: 'ERP_READ_ONLY', reason: 'the connector of this ERP reads it and can write no sale' };
const write = { submit: () => Promise.resolve(refused), look: () => Promise.resolve({ kind: 'absent' } as const) };

/** An ERP whose connector only reads: stock is shown and held, and an order that asks for its sale is refused, never left waiting. */
export const readOnly: SaleDesk = { place: write, cancel: write, settleMs: 0, concurrency: 1 };
