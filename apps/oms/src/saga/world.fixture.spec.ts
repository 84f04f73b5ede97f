/**
 * Everybody an order deals with, as a model without I/O: a stock service with an ERP behind it, a payment provider, an OMS. They
 * are asked by the saga's intents, answer when the schedule says so, and what they say arrives in any order, twice or late.
 */
import type { OrderStatus } from '@steward/commerce';
import type { PlaceOrder, Shipment, StockReservation } from '@steward/contracts';
import { type Decision, decide } from './decide';
import type { Command, Effect, Intent } from './intent';
import type { Input, Outcome } from './input';
import { orderOf, type OrderShape } from './orders.fixture.spec';
import { isTerminal, type Saga } from './saga';
import { statusOf } from './status';

/** One turn of the schedule; `pick` chooses among what lies ready, `how` among what may come of it. */
export interface Turn {
  readonly what: 'advance' | 'deliver' | 'redeliver' | 'command' | 'effect' | 'ship' | 'undo-parcel' | 'expire' | 'cancel' | 'refund' | 'return' | 'timer' | 'wait';
  readonly pick: number;
  readonly how: number;
}

interface OpenEffect {
  readonly effect: Effect;
  /** `submitted`: it was sent, and nobody knows yet. */
  state: 'intended' | 'submitted' | 'pending' | 'settled';
  abandoned: boolean;
  /** What came of it without anybody having heard. */
  unheard?: Outcome;
}

const abandoned: Outcome = { kind: 'refused', code: 'EFFECT_ABANDONED', reason: 'given up' };

export class World {
  now = Date.parse('2026-11-24T10:00:00.000Z');
  saga: Saga | undefined;
  readonly order: PlaceOrder;
  readonly intents: Intent[] = [];
  readonly told: OrderStatus[] = [];
  readonly refusals: string[] = [];

  readonly #inbox: Input[] = [];
  readonly #delivered: Input[] = [];
  readonly #commands: Command[] = [];
  readonly #effects = new Map<string, OpenEffect>();

  readonly erp = { status: 'none' as StockReservation['status'] | 'none', revision: 0, expiresAt: Infinity, exported: false, exportCancelled: false, refusal: null as StockReservation['exportRefusal'], parcels: [] as Shipment[] };
  readonly psp = { authorized: 0, action: false, voided: false, captured: 0, refunded: 0 };
  readonly oms = { placed: false, cancelled: false };

  constructor(shape: OrderShape = {}, verdict: Extract<Input, { kind: 'place-order' }>['verdict'] = { kind: 'sound' }) {
    this.order = orderOf(shape);
    this.#inbox.push({ kind: 'place-order', order: this.order, verdict });
  }

  take({ what, pick, how }: Turn): void {
    switch (what) {
      case 'advance':
        return this.#advance(pick, how);
      case 'deliver':
        if (this.#inbox.length > 0) this.#hear(this.#inbox.splice(pick % this.#inbox.length, 1)[0]);
        return;
      case 'redeliver':
        if (this.#delivered.length > 0) this.#hear(this.#delivered[pick % this.#delivered.length]);
        return;
      case 'command':
        if (this.#commands.length > 0) this.#obey(this.#commands.splice(pick % this.#commands.length, 1)[0], how);
        return;
      case 'effect': {
        const open = [...this.#effects.values()].filter(({ state }) => state !== 'settled');
        if (open.length > 0) this.#perform(open[pick % open.length], how);
        return;
      }
      case 'ship':
        return this.#ship(how);
      case 'undo-parcel':
        return this.#undoParcel(pick);
      case 'expire':
        return this.#expire();
      case 'cancel':
        return void this.#inbox.push({ kind: 'cancel-order', cancel: { orderId: this.order.orderId, requestedAt: this.order.acceptedAt, requestedBy: 'customer', reason: null } });
      case 'refund':
        return void this.#inbox.push({ kind: 'refund-payment', refund: { refundId: `R-${pick % 4}`, orderId: this.order.orderId, amount: 1 + how * 400, currency: 'EUR', reason: 'goodwill', requestedBy: 'operator' } });
      case 'return': {
        const line = this.order.lines[pick % this.order.lines.length];
        if (line) this.#inbox.push({ kind: 'request-return', request: { returnId: `R-${pick % 4}`, orderId: this.order.orderId, lines: [{ lineId: line.lineId, quantity: 1 + (how % line.quantity) }], reason: null, requestedAt: this.order.acceptedAt } });
        return;
      }
      case 'timer':
        this.now = Math.max(this.now, this.saga?.dueAt ?? 0);
        return this.#hear({ kind: 'timer' });
      case 'wait':
        this.now += how * 120_000;
        return;
    }
  }

  /** Everybody works again and answers well, the warehouse ships what it has, and time goes on, until nothing moves. */
  settle(): void {
    for (let round = 0; round < 400; round += 1) {
      if (this.#inbox.length > 0) this.take({ what: 'deliver', pick: 0, how: 0 });
      else if (this.#commands.length > 0) this.take({ what: 'command', pick: 0, how: 0 });
      else if ([...this.#effects.values()].some(({ state }) => state !== 'settled')) this.take({ what: 'effect', pick: round, how: 0 });
      else if (this.erp.status === 'exported' && this.saga?.goal.kind === 'fulfil') this.#ship(99);
      else if (this.saga !== undefined && !isTerminal(this.saga.step)) this.take({ what: 'timer', pick: 0, how: 0 });
      else return;
    }
  }

  /** Whatever lies ready, so that a schedule gets somewhere. */
  #advance(pick: number, how: number): void {
    const effects = [...this.#effects.values()].filter(({ state }) => state !== 'settled').length;
    const ready: Turn['what'][] = [...this.#inbox.map(() => 'deliver' as const), ...this.#commands.map(() => 'command' as const), ...Array.from({ length: effects }, () => 'effect' as const)];
    this.take({ what: ready[pick % Math.max(1, ready.length)] ?? 'ship', pick, how });
  }

  #hear(input: Input | undefined): void {
    if (input === undefined) return;
    const before = this.saga;
    const decision: Decision = decide(before, input, this.now);
    if (input.kind !== 'timer') this.#delivered.push(input);
    if (decision.kind === 'refused') this.refusals.push(decision.refusal.code);
    if (decision.kind === 'unknown' && input.kind !== 'timer') this.#inbox.push(input);
    if (decision.kind !== 'decided') return;
    this.saga = decision.saga;
    if (decision.saga.order !== null) this.told.push(statusOf(decision.saga));
    for (const intent of decision.intents) this.#intend(intent);
  }

  #intend(intent: Intent): void {
    this.intents.push(intent);
    if (intent.do === 'command') this.#commands.push(intent.command);
    if (intent.do === 'effect') {
      const { kind, subject } = intent.effect;
      // One row a natural key, for ever.
      if (!this.#effects.has(`${kind}:${subject}`)) this.#effects.set(`${kind}:${subject}`, { effect: intent.effect, state: 'intended', abandoned: false });
    }
    if (intent.do === 'abandon') {
      const open = this.#effects.get(`${intent.effect}:${intent.subject}`);
      if (open === undefined) return;
      open.abandoned = true;
      if (open.state !== 'intended') return;
      open.state = 'settled';
      this.#hear({ kind: 'outcome', effect: intent.effect, subject: intent.subject, outcome: abandoned });
    }
  }

  #announce(): void {
    const { status, refusal } = this.erp;
    if (status === 'none') return;
    this.erp.revision += 1;
    const reservation: StockReservation = {
      orderId: this.order.orderId,
      status,
      lines: [],
      refusal: status === 'refused' ? { code: 'OUT_OF_STOCK', sku: 'SKU-1', available: 0 } : null,
      expiresAt: null,
      erpReference: this.erp.exported ? 'SO-1' : null,
      exportRefusal: refusal,
    };
    this.#inbox.push({ kind: 'reservation', revision: this.erp.revision, reservation });
  }

  #obey(command: Command | undefined, how: number): void {
    const { erp } = this;
    switch (command?.kind) {
      case undefined:
      case 'forget-order':
        return;
      case 'reserve-stock':
        if (erp.status !== 'none') return;
        erp.status = how % 4 === 3 ? 'refused' : 'held';
        erp.expiresAt = Date.parse(command.data.expiresAt);
        break;
      case 'release-stock':
        if (erp.status !== 'none' && erp.status !== 'held') return;
        erp.status = 'released';
        break;
      case 'export-order':
        if (erp.status !== 'held') return;
        if (erp.exportCancelled) erp.status = 'released';
        else if (how % 4 === 3) erp.refusal = { code: 'NO', reason: 'the ERP says no' };
        else {
          erp.status = 'exported';
          erp.exported = true;
        }
        break;
      case 'cancel-export':
        erp.exportCancelled = true;
        if (erp.status !== 'held' && erp.status !== 'exported') return;
        if (erp.status === 'exported' && how % 4 === 3) erp.refusal = { code: 'ON_ITS_WAY', reason: 'it is on the ramp' };
        else erp.status = 'released';
        break;
    }
    this.#announce();
  }

  #shippedOf(lineId: string): number {
    return this.erp.parcels.filter(({ status }) => status !== 'cancelled').flatMap(({ lines }) => lines).filter((line) => line.lineId === lineId).reduce((sum, { quantity }) => sum + quantity, 0);
  }

  #ship(how: number): void {
    if (this.erp.status !== 'exported') return;
    const open = this.order.lines.map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity: quantity - this.#shippedOf(lineId) })).filter(({ quantity }) => quantity > 0);
    const lines = how === 99 ? open : open.slice(0, 1 + (how % open.length)).map((line) => ({ ...line, quantity: 1 + (how % line.quantity) }));
    const shipment: Shipment = { shipmentId: `S-${this.erp.parcels.length + 1}`, orderNumber: this.order.number, status: 'shipped', lines, location: null, carrier: null, trackingNumber: null, shippedAt: null };
    this.erp.parcels.push(shipment);
    this.#inbox.push({ kind: 'shipment', shipment });
    if (this.order.lines.every(({ lineId, quantity }) => this.#shippedOf(lineId) === quantity)) {
      this.erp.status = 'shipped';
      this.#announce();
    }
  }

  /** A parcel is found on the ramp and unpacked: only while the order is still being shipped. */
  #undoParcel(pick: number): void {
    if (this.erp.status !== 'exported' || this.erp.parcels.length === 0) return;
    const at = pick % this.erp.parcels.length;
    const parcel = this.erp.parcels[at];
    if (parcel === undefined) return;
    this.erp.parcels[at] = { ...parcel, status: 'cancelled' };
    this.#inbox.push({ kind: 'shipment', shipment: { ...parcel, status: 'cancelled' } });
  }

  #expire(): void {
    if (this.erp.status !== 'held' || this.now < this.erp.expiresAt) return;
    this.erp.status = 'expired';
    this.#announce();
  }

  #perform(open: OpenEffect | undefined, how: number): void {
    if (open === undefined) return;
    const lost = how === 4 || how === 9;
    if (lost && open.state === 'intended') {
      // The answer was lost; with 9 what was asked for has been done all the same.
      if (how === 9) open.unheard = this.#outcomeOf(open.effect, 0);
      open.state = 'submitted';
      return;
    }
    const gone = open.abandoned && open.state === 'submitted' && open.unheard === undefined;
    const outcome = open.unheard ?? (gone ? abandoned : this.#outcomeOf(open.effect, lost ? 0 : how));
    delete open.unheard;
    open.state = outcome.kind === 'pending' ? 'pending' : 'settled';
    this.#inbox.push({ kind: 'outcome', effect: open.effect.kind, subject: open.effect.subject, outcome });
  }

  #outcomeOf(effect: Effect, how: number): Outcome {
    const { psp, oms } = this;
    const confirmed: Outcome = { kind: 'confirmed', answer: { reference: 'X' } };
    const refused: Outcome = { kind: 'refused', code: 'NO', reason: 'it says no' };
    switch (effect.kind) {
      case 'authorize':
        if (psp.voided) return { kind: 'refused', code: 'CANCELED', reason: 'it was let go' };
        if (how % 5 === 3) return refused;
        if (how % 5 === 2) {
          psp.action = true;
          return { kind: 'pending', answer: { reference: 'PI', actionUrl: 'https://bank.example/3ds' } };
        }
        psp.authorized = effect.request.amount;
        return { kind: 'confirmed', answer: { reference: 'PI', amount: effect.request.amount } };
      case 'void':
        psp.voided = true;
        return confirmed;
      case 'capture':
        if (psp.voided || how % 5 === 3) return refused;
        psp.captured += effect.request.amount;
        return confirmed;
      case 'refund':
        if (psp.refunded + effect.request.amount > psp.captured || how % 5 === 3) return refused;
        psp.refunded += effect.request.amount;
        return confirmed;
      case 'place':
        if (how % 5 === 3) return refused;
        oms.placed = true;
        return confirmed;
      case 'cancel-placed':
        oms.cancelled = how % 5 !== 3;
        return oms.cancelled ? confirmed : refused;
    }
  }
}
