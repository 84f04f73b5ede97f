/** Flat rates of shipping per market, as the environment names them. */
export interface ShippingRate {
  readonly market: string;
  readonly method: string;
  /** In minor units of the market's currency, tax included. */
  readonly amount: number;
}

/** The asked rate, or the market's first; `none` where the market has no rates and nothing is charged. */
export function rateOf(rates: readonly ShippingRate[], market: string, method: string | null): ShippingRate | 'none' | 'unknown' {
  const offered = rates.filter((rate) => rate.market === market);
  if (method === null) return offered[0] ?? 'none';
  return offered.find((rate) => rate.method === method) ?? 'unknown';
}

export function methodsOf(rates: readonly ShippingRate[], market: string): string[] {
  return rates.filter((rate) => rate.market === market).map(({ method }) => method);
}
