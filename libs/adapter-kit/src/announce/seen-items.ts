/**
 * Items that were committed as announced not long ago, by the vendor's own mark of a version. Overlap re-reads and full passes
 * show mostly these: recognised, they cost neither parsing nor SQL. Only an accelerator: a miss is judged by the hash.
 */
export class SeenItems {
  private young = new Map<string, string>();
  private old = new Map<string, string>();

  constructor(private readonly generation = 100_000) {}

  isKnown(key: string, stamp: string): boolean {
    return (this.young.get(key) ?? this.old.get(key)) === stamp;
  }

  isKnownBy(key: string, mark: string): boolean {
    return (this.young.get(key) ?? this.old.get(key))?.startsWith(mark) ?? false;
  }

  /** Two generations instead of a list of uses: forgetting is dropping a map. */
  remember(key: string, stamp: string): void {
    if (this.young.size >= this.generation) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, stamp);
  }

  forget(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }
}
