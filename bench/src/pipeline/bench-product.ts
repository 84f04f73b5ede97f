import { randomBytes } from 'node:crypto';

/** A record of the sandbox as JSON text: the load shares two cores with what is measured. */
export interface Product {
  readonly id: string;
  readonly json: string;
}

// As much text as makes the contract's body about as long as the yardstick's.
const filler = randomBytes(120).toString('hex');

/** Tells the rounds apart at both ends. */
export const titleOf = (number: number, round: number): string => `Product ${number}, round ${round}`;

export function productOf(number: number, round: number): Product {
  const id = `BENCH-${number}`;
  const label = `{"title":"${titleOf(number, round)}","text":"${filler}","urlKey":"product-${number}"}`;
  const json = `{"id":"${id}","sku":"${id}","state":"published","categories":["bench"],"manufacturer":"Acme","labels":{"en":${label}},"specs":{"color":"red","size":"M","weight":100},"pictures":[],"options":[]}`;
  return { id, json };
}

/** 0 … count-1 in an order of its own, so that neighbours in time are no neighbours on disk. */
export function shuffled(count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
