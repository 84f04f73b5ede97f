export { type PriceQuestion, type SelectedPrice, selectPrice, type WhyNoPrice } from './select-price';
