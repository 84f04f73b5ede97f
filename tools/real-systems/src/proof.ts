/** What a proof gets. It says what is proven as it is proven, and throws at the first thing that is not so. */
export interface Proof {
  readonly directory: string;
  readonly say: (line: string) => void;
}
