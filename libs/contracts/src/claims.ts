import { type Problem } from './problem';
import { type StandaloneValidator, validate } from './contract';

/** Claims of a token that one service signs and another verifies: a shape with versions like a contract's, and no message. */
export interface Claims<T = unknown> {
  readonly name: string;
  readonly major: number;
  /** The closed schema: what the signer may claim. [] = valid. */
  validateProduced(data: unknown): Problem[];
  /** The open schema: what a verifier has to bear of a newer signer. [] = valid. */
  validateConsumed(data: unknown): Problem[];
  /** Never there: lets the compiler tell claims apart. */
  readonly shape?: T;
}

export function defineClaims<T>({ name, major }: Pick<Claims, 'name' | 'major'>, produced: StandaloneValidator, consumed: StandaloneValidator): Claims<T> {
  return { name, major, validateProduced: (data) => validate(produced, data), validateConsumed: (data) => validate(consumed, data) };
}
