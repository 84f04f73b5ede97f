/** What Tryton 6.0 sends, checked before anything else looks at it. */
import { z } from 'zod';

const datetime = z.object({
  __class__: z.literal('datetime'),
  year: z.number().int(),
  month: z.number().int(),
  day: z.number().int(),
  hour: z.number().int().default(0),
  minute: z.number().int().default(0),
  second: z.number().int().default(0),
  microsecond: z.number().int().default(0),
});

/** A moment with microseconds, `2026-11-24T02:50:35.570538`, in the server's UTC: sorts as text, which a JavaScript Date can't. */
export type Moment = string;

export const moment = datetime.transform((at): Moment => {
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${at.year}-${two(at.month)}-${two(at.day)}`;
  return `${day}T${two(at.hour)}:${two(at.minute)}:${two(at.second)}.${String(at.microsecond).padStart(6, '0')}`;
});

export function toTrytonDatetime(at: Moment): z.input<typeof datetime> {
  const [year, month, day, hour, minute, second, microsecond] = at.split(/[-T:.]/).map(Number) as [
    number, number, number, number, number, number, number,
  ];
  return { __class__: 'datetime', year, month, day, hour, minute, second, microsecond };
}

/** A place in the order of one of the dates. */
export interface Position {
  readonly at: Moment;
  readonly id: number;
}

/** Every record of Tryton has these; `write_date` is null until somebody writes it for the first time. */
export const stampWire = z.object({ id: z.number().int(), create_date: moment, write_date: moment.nullable() });
export type Dated = z.output<typeof stampWire>;

const day = z
  .object({ __class__: z.literal('date'), year: z.number().int(), month: z.number().int(), day: z.number().int() })
  .transform((on) => `${on.year}-${String(on.month).padStart(2, '0')}-${String(on.day).padStart(2, '0')}`);

export const moveWire = stampWire.extend({ product: z.number().int() });

export const shipmentRowWire = stampWire.extend({ number: z.string().nullable(), effective_date: day.nullable(), warehouse: z.number().int(), outgoing_moves: z.array(z.number().int()) });

export const warehouseWire = z.object({ id: z.number().int(), code: z.string().nullable(), name: z.string() });

export const productWire = z.object({ id: z.number().int(), code: z.string().nullable(), quantity: z.number() });

/** One product in one warehouse, as the client puts it together from `productWire` and `warehouseWire`. */
export const stockWire = z.object({
  product: z.number().int(),
  code: z.string().min(1, 'the product has no code, and the code is the SKU'),
  warehouse: z.string().min(1),
  quantity: z.number(),
});
export type TrytonStock = z.output<typeof stockWire>;

/** A shipment that has left, as the client puts it together from its row, its moves and their sales. */
export const shipmentWire = z.object({
  id: z.number().int(),
  warehouse: z.string().min(1),
  /** `2026-11-24`: Tryton keeps the day. */
  sentOn: z.string().nullable(),
  content: z.array(z.object({ code: z.string().min(1, 'the product has no code, and the code is the SKU'), quantity: z.number(), reference: z.string().nullable() })).min(1),
});
export type TrytonShipment = z.output<typeof shipmentWire>;
