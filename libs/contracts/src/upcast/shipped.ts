import { contracts } from '../generated/catalogue';
import type { Catalogue, Upcast } from './upcast';

/** One step for each older major of each contract, in a file of its entity's name beside this one; empty while every contract has one major. */
const upcasts: readonly Upcast[] = [];

/** What this build knows. */
export const shipped: Catalogue = { contracts, upcasts };
