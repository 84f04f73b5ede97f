/**
 * Shoppers at work. Each wants one piece of something and behaves as a browser does:
 * 1. One idempotency key a purchase, for ever. What got no answer, or a 5xx, is asked again with the same key and body.
 * 2. An order that is only accepted is read until it is decided.
 * 3. A changed price is shown to the shopper, who takes it; it is the new promise that counts then.
 */
import { randomUUID } from 'node:crypto';
import { placeOrder, preview, readOrder, type Answered, type Placed, type Preview, type ShownOrder } from '../clients/shopper.client';
import type { Goods } from './goods';

export interface Bought {
  readonly key: string;
  readonly sku: string;
  /** undefined: the gateway refused it with this answer. */
  readonly order: ShownOrder | undefined;
  readonly refused: Answered | undefined;
  /** Minor units of one piece as it was promised. */
  readonly promisedUnit: number;
  /** Order ids in all answers that this purchase got: one, or somebody was served twice. */
  readonly ids: readonly string[];
  /** How many different bodies said that it was taken: one, or the same request was answered in two ways (S4). */
  readonly answers: number;
  /** From the first request until it was decided. */
  readonly tookMs: number;
}

export interface PlayOptions {
  readonly gatewayUrl: string;
  readonly goods: readonly Goods[];
  readonly buyers: number;
  readonly parallel: number;
  /** Of a hundred buyers so many send everything several times at once. */
  readonly doubleClicks: number;
  /** Of a hundred requests so many are given up before their answer, and made again. */
  readonly impatient?: number;
  /** How long a buyer waits for a decision. */
  readonly withinMs: number;
  readonly random: () => number;
  readonly card?: () => string;
  readonly told?: (done: number) => void;
}

const CLICKS = 5;
const PAUSE_MS = 250;
/** Whoever has no patience gives up within so long: before, while or after the order is taken. */
const IMPATIENT_MS = 200;

export async function play(options: PlayOptions): Promise<Bought[]> {
  const bought: Bought[] = [];
  let started = 0;
  const shop = async (): Promise<void> => {
    while (started < options.buyers) {
      started += 1;
      bought.push(await buy(options));
      options.told?.(bought.length);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, shop));
  return bought;
}

async function buy({ gatewayUrl, goods, doubleClicks, impatient = 0, withinMs, random, card = () => 'pm_card_visa' }: PlayOptions): Promise<Bought> {
  const begun = performance.now();
  const deadline = Date.now() + withinMs;
  const { sku } = goods[Math.floor(random() * goods.length)] as Goods;
  const clicks = random() * 100 < doubleClicks ? CLICKS : 1;
  const method = card();
  const ids = new Set<string>();
  const bodies = new Set<string>();
  const patience = (): { withinMs?: number } => (random() * 100 < impatient ? { withinMs: 1 + Math.floor(random() * IMPATIENT_MS) } : {});
  for (;;) {
    const priced = await insist(deadline, () => preview(gatewayUrl, sku, 1));
    const key = randomUUID();
    const done = (order: ShownOrder | undefined, refused: Answered | undefined): Bought => ({ key, sku, order, refused, promisedUnit: priced.unit, ids: [...ids], answers: bodies.size, tookMs: performance.now() - begun });
    if (priced.promise === null) return done(undefined, { status: 409, replayed: false, text: 'not offered any more' });
    const answer = await purchase(gatewayUrl, { key, sku, priced, card: method, clicks, deadline, patience }, ids, bodies);
    const placed = placedOf(answer);
    if (placed !== undefined) return done(await decided(gatewayUrl, placed, deadline), undefined);
    if (codeOf(answer) !== 'PRICE_CHANGED') return done(undefined, answer);
  }
}

interface Attempt {
  readonly key: string;
  readonly sku: string;
  readonly priced: Preview;
  readonly card: string;
  readonly clicks: number;
  readonly deadline: number;
  readonly patience: () => { withinMs?: number };
}

async function purchase(gatewayUrl: string, { key, sku, priced: { promise, shippingPromise }, card, clicks, deadline, patience }: Attempt, ids: Set<string>, bodies: Set<string>): Promise<Answered> {
  const wanted = { key, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: `${key}@example.com`, card };
  const click = (): Promise<Answered> =>
    insist(deadline, async () => {
      const answer = await placeOrder(gatewayUrl, { ...wanted, ...patience() }, 2);
      // Somebody with the same key is being served; or nobody can be served just now.
      if (answer.status >= 500 || answer.status === 429 || codeOf(answer) === 'IDEMPOTENCY_IN_PROGRESS') throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
      return answer;
    });
  const answers = await Promise.all(Array.from({ length: clicks }, click));
  for (const answer of answers) {
    const placed = placedOf(answer);
    if (placed === undefined) continue;
    ids.add(placed.order.id);
    bodies.add(answer.text);
  }
  return answers[0] as Answered;
}

/** An order that was taken, even if it was then rejected; undefined when there is none. */
function placedOf(answer: Answered): Placed | undefined {
  const taken = answer.status === 201 || answer.status === 202 || codeOf(answer) === 'ORDER_REJECTED';
  return taken ? (JSON.parse(answer.text) as Placed) : undefined;
}

async function decided(gatewayUrl: string, { order, orderToken }: Placed, deadline: number): Promise<ShownOrder> {
  let shown = order;
  while (shown.status === 'ACCEPTED' && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    shown = await insist(deadline, () => readOrder(gatewayUrl, order.id, orderToken));
  }
  return shown;
}

/** Asks until there is an answer. */
async function insist<T>(deadline: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (fault) {
      if (Date.now() > deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

export function codeOf({ text }: Answered): string | undefined {
  try {
    return (JSON.parse(text) as { code?: string }).code;
  } catch {
    return undefined;
  }
}
