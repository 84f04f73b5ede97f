/** Of what no contract gives terms for. */
export const BOOKS_CADENCE = 15 * 60_000;
