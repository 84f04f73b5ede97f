/** One thing wrong with a payload; `pointer` is a JSON pointer into it. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}
