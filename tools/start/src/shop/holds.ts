/**
 * Carts that hold their piece before there is an order. Each shopper asks for it once, under one key, and then orders with it, gives it back,
 * or leaves and lets its time run out. What became of it is read when all is played.
 */
import { randomUUID } from 'node:crypto';
import { readReservation, releaseReservation, reserveCart, type Answered, type Reserved } from '../clients/shopper.client';
import { click, codeOf, insist, readUntil, type Clicking } from './clicks';

export type Intent = 'order' | 'give back' | 'leave';

export interface Hold {
  /** As it was seen last. */
  readonly reserved: Reserved;
  /** Of all answers: one, or somebody holds twice (S4). */
  readonly ids: readonly string[];
  readonly answers: number;
  /** Epoch ms at which its shopper was told that it is held; undefined: never. */
  readonly heldFrom: number | undefined;
  /** Epoch ms to which it is promised. */
  readonly until: number;
  readonly end: 'ordered' | 'given back' | 'left';
  /** Epoch ms before which nobody had asked for anything that ends it. */
  readonly endedAt: number;
}

/** The shortest that a cart may hold: nobody is to wait long for the last one to run out. */
const LEFT_FOR_SECONDS = 30;

const reservationOf = ({ reserved }: Hold) => reserved.reservation;
export const isOpen = (hold: Hold): boolean => ['PENDING', 'HELD'].includes(reservationOf(hold).status);

/** An answer that there is no hold, or one to go on with. */
export async function hold(gatewayUrl: string, sku: string, intent: Intent, clicking: Clicking): Promise<Hold | Answered> {
  const wanted = { key: randomUUID(), lines: [{ sku, quantity: 1 }], ...(intent === 'leave' ? { holdSeconds: LEFT_FOR_SECONDS } : {}) };
  const answers = await click(clicking, (patience) => reserveCart(gatewayUrl, { ...wanted, ...patience }, 2));
  const taken = answers.filter((answer) => answer.status === 201 || answer.status === 202 || codeOf(answer) === 'OUT_OF_STOCK');
  if (taken.length < answers.length) return answers.find((answer) => !taken.includes(answer)) as Answered;
  const told = taken.map(({ text }) => JSON.parse(text) as Reserved);
  const [first] = told as [Reserved];
  const reservation = await readUntil(clicking.deadline, first.reservation, ({ status }) => status !== 'PENDING', () => readReservation(gatewayUrl, first));
  const until = Date.parse(reservation.expiresAt);
  return {
    reserved: { ...first, reservation },
    ids: [...new Set(told.map((each) => each.reservation.id))],
    answers: new Set(taken.map(({ text }) => text)).size,
    heldFrom: reservation.status === 'HELD' ? Date.now() : undefined,
    until,
    end: 'left',
    endedAt: until,
  };
}

export async function giveBack(gatewayUrl: string, held: Hold, deadline: number): Promise<Hold> {
  const endedAt = Date.now();
  await insist(deadline, async () => {
    const { status, text } = await releaseReservation(gatewayUrl, held.reserved);
    if (status !== 204) throw new Error(`DELETE /v1/reservations: ${status} ${text.slice(0, 200)}`);
  });
  return { ...held, end: 'given back', endedAt };
}

/** What has become of it; waits for what was left to run out. */
export async function seenLast(gatewayUrl: string, held: Hold, withinMs: number): Promise<Hold> {
  const deadline = Math.max(Date.now(), held.end === 'left' ? held.until : 0) + withinMs;
  const read = async (): Promise<Hold> => ({ ...held, reserved: { ...held.reserved, reservation: await readReservation(gatewayUrl, held.reserved) } });
  return readUntil(deadline, await insist(deadline, read), (each) => !isOpen(each), read);
}
