export { allocate } from './allocate';
export { exponentFor, fractionDigitsOf, fromConnectorUnits, type Money, toConnectorUnits, toMoney } from './money';
export { isTerminal, type OrderEvent, orderEvents, type OrderStatus, orderStatuses, orderTransition } from './order-status';
export { applyPromotions, type CartLine, type Discount, type Promoted, type PromotionQuestion } from './promotions';
export { amountOfPieces, returnable } from './remainder';
export { type PriceQuestion, PUBLIC_GROUP, type SelectedPrice, selectPrice, type WhyNoPrice } from './select-price';
export { cartDigest } from './cart-digest';
export { availableToPromise, leftAt, type Stock } from './stock';
export { type Amounts, lineTotals, type LineTerms, orderTotals } from './totals';
