/**
 * Shoppers at work. Each wants one piece of something and behaves as a browser does:
 * 1. One idempotency key a purchase, for ever. What got no answer, or a 5xx, is asked again with the same key and body.
 * 2. An order that is only accepted is read until it is decided.
 * 3. A changed price is shown to the shopper, who takes it; it is the new promise that counts then.
 * 4. Some hold their piece first; most of them order with it. Who ends with no order gives it back, or has left and lets its time run out.
 */
import { randomUUID } from 'node:crypto';
import { oneOf } from '@steward/platform';
import { placeOrder, preview, readOrder, type Answered, type Placed, type Preview, type ShownOrder } from '../clients/shopper.client';
import { click, codeOf, insist, readUntil, type Clicking } from './clicks';
import type { Goods } from './goods';
import { giveBack, hold, seenLast, type Hold, type Intent } from './holds';

export interface Bought {
  readonly key: string;
  readonly sku: string;
  /** undefined: the gateway refused it with this answer, or the shopper held a piece and thought better of it. */
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
  /** Epoch ms at which it was over. */
  readonly doneAt: number;
  /** Of whoever held the piece first. */
  readonly hold?: Hold;
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
  /** Of a hundred buyers so many hold their piece before they order. */
  readonly holds?: number;
  /** How long a buyer waits for a decision. */
  readonly withinMs: number;
  readonly random: () => number;
  readonly card?: () => string;
  readonly told?: (done: number) => void;
}

const CLICKS = 5;
/** Whoever has no patience gives up within so long: before, while or after the order is taken. */
const IMPATIENT_MS = 200;

/** What those do who hold a piece. */
const intents: readonly Intent[] = ['order', 'order', 'order', 'give back', 'leave'];
/** Beyond the time of a hold, until everybody has heard that it is over. */
const HOLD_ENDS_WITHIN_MS = 60_000;

export async function play(options: PlayOptions): Promise<Bought[]> {
  const bought: Bought[] = [];
  let started = 0;
  const shop = async (): Promise<void> => {
    while (started < options.buyers) {
      started += 1;
      // Only those of the first half leave: the last hold has then mostly run out when the last shopper is served.
      bought.push(await buy(options, started * 2 <= options.buyers));
      options.told?.(bought.length);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, shop));
  return Promise.all(bought.map(async (each) => (each.hold === undefined ? each : { ...each, hold: await seenLast(options.gatewayUrl, each.hold, HOLD_ENDS_WITHIN_MS) })));
}

async function buy({ gatewayUrl, goods, doubleClicks, impatient = 0, holds = 0, withinMs, random, card = () => 'pm_card_visa' }: PlayOptions, mayLeave: boolean): Promise<Bought> {
  const begun = performance.now();
  const { sku } = oneOf(random, goods);
  const clicking: Clicking = {
    clicks: random() * 100 < doubleClicks ? CLICKS : 1,
    deadline: Date.now() + withinMs,
    patience: () => (random() * 100 < impatient ? { withinMs: 1 + Math.floor(random() * IMPATIENT_MS) } : {}),
  };
  const method = card();
  const over = (more: Pick<Bought, 'order' | 'refused'> & Partial<Bought>): Bought => ({ key: randomUUID(), sku, promisedUnit: 0, ids: [], answers: 0, ...more, tookMs: performance.now() - begun, doneAt: Date.now() });
  if (random() * 100 >= holds) return over(await order(gatewayUrl, sku, method, clicking));

  const intent = oneOf(random, mayLeave ? intents : intents.filter((each) => each !== 'leave'));
  const held = await hold(gatewayUrl, sku, intent, clicking);
  if (!('reserved' in held)) return over({ order: undefined, refused: held });
  if (held.reserved.reservation.status === 'REFUSED') return over({ order: undefined, refused: { status: 409, replayed: false, text: JSON.stringify({ code: 'OUT_OF_STOCK' }) }, hold: held });
  if (intent === 'leave') return over({ order: undefined, refused: undefined, hold: held });
  const sentAt = Date.now();
  const ordered = intent === 'give back' ? { order: undefined, refused: undefined } : await order(gatewayUrl, sku, method, clicking, held);
  return over({ ...ordered, hold: ordered.order === undefined ? await giveBack(gatewayUrl, held, clicking.deadline) : { ...held, end: 'ordered', endedAt: sentAt } });
}

type Ordered = Omit<Bought, 'sku' | 'tookMs' | 'doneAt' | 'hold'>;

async function order(gatewayUrl: string, sku: string, card: string, clicking: Clicking, held?: Hold): Promise<Ordered> {
  const [ids, bodies] = [new Set<string>(), new Set<string>()];
  for (;;) {
    const priced = await insist(clicking.deadline, () => preview(gatewayUrl, sku, 1));
    const key = randomUUID();
    const done = (order: ShownOrder | undefined, refused: Answered | undefined): Ordered => ({ key, order, refused, promisedUnit: priced.unit, ids: [...ids], answers: bodies.size });
    if (priced.promise === null) return done(undefined, { status: 409, replayed: false, text: 'not offered any more' });
    const answers = await purchase(gatewayUrl, { key, sku, priced, card, held }, clicking);
    for (const answer of answers) {
      const placed = placedOf(answer);
      if (placed === undefined) continue;
      ids.add(placed.order.id);
      bodies.add(answer.text);
    }
    const [answer] = answers as [Answered];
    const placed = placedOf(answer);
    if (placed !== undefined) return done(await decided(gatewayUrl, placed, clicking.deadline), undefined);
    if (codeOf(answer) !== 'PRICE_CHANGED') return done(undefined, answer);
  }
}

interface Attempt {
  readonly key: string;
  readonly sku: string;
  readonly priced: Preview;
  readonly card: string;
  readonly held: Hold | undefined;
}

function purchase(gatewayUrl: string, { key, sku, priced: { promise, shippingPromise }, card, held }: Attempt, clicking: Clicking): Promise<Answered[]> {
  const reservation = held === undefined ? {} : { reservation: { id: held.reserved.reservation.id, token: held.reserved.reservationToken } };
  const wanted = { key, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: `${key}@example.com`, card, ...reservation };
  return click(clicking, (patience) => placeOrder(gatewayUrl, { ...wanted, ...patience }, 2));
}

/** An order that was taken, even if it was then rejected; undefined when there is none. */
function placedOf(answer: Answered): Placed | undefined {
  const taken = answer.status === 201 || answer.status === 202 || codeOf(answer) === 'ORDER_REJECTED';
  return taken ? (JSON.parse(answer.text) as Placed) : undefined;
}

function decided(gatewayUrl: string, { order, orderToken }: Placed, deadline: number): Promise<ShownOrder> {
  return readUntil(deadline, order, ({ status }) => status !== 'ACCEPTED', () => readOrder(gatewayUrl, order.id, orderToken));
}
