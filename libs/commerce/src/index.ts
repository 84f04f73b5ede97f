export { type PriceQuestion, type SelectedPrice, selectPrice, type WhyNoPrice } from './select-price';
export { fractionDigitsOf, toMoney, type Money } from './money';
