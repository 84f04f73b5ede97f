import { type Envelope, sourceOf } from '@steward/event-bus';

/** The gateway asks for carts and the order service for orders: who sent it is proven by the subject (B9), what it says of itself is not. */
export const isOfCart = ({ source }: Envelope): boolean => source === sourceOf('gateway');
