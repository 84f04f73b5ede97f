const HEAD_ENDS = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Follows the answers on a connection that has one question under way, just far enough to see where each ends. */
export class AnswerReader {
  private head: Buffer | undefined;
  private missing = 0;
  private chunked = false;
  private ok = false;

  constructor(private readonly onAnswer: (ok: boolean) => void) {}

  read(data: Buffer): void {
    if (this.missing > 0) this.missing -= data.length;
    else if (!this.chunked && !this.begin(data)) return;
    if (this.chunked ? !data.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK) : this.missing > 0) return;
    this.chunked = false;
    this.onAnswer(this.ok);
  }

  /** False while the head is not all there. */
  private begin(data: Buffer): boolean {
    const all = this.head === undefined ? data : Buffer.concat([this.head, data]);
    const end = all.indexOf(HEAD_ENDS);
    this.head = end < 0 ? all : undefined;
    if (end < 0) return false;
    const head = all.toString('latin1', 0, end).toLowerCase();
    const at = head.indexOf('\r\ncontent-length:');
    this.chunked = at < 0;
    this.missing = this.chunked ? 0 : end + HEAD_ENDS.length + Number.parseInt(head.slice(at + 17), 10) - all.length;
    this.ok = head.startsWith('http/1.1 200 ');
    return true;
  }
}
