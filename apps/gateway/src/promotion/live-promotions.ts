import type { Promotion } from '@steward/contracts';

/** All promotions in the memory of one API process; which of them hold is asked at the moment of a preview. */
export class LivePromotions {
  private byMarket: ReadonlyMap<string, readonly Promotion[]> = new Map();

  replace(promotions: readonly Promotion[]): void {
    this.byMarket = Map.groupBy(promotions, ({ market }) => market);
  }

  ofMarket(market: string): readonly Promotion[] {
    return this.byMarket.get(market) ?? [];
  }
}
