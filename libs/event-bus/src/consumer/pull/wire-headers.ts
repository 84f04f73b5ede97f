import type { Msg } from '@nats-io/transport-node';
import { type HeaderLines, headerNames, type Origin } from '../../envelope';

/**
 * The header lines of a message, as they came. The client's own map checks and canonises every name (10 µs a message, a tenth of the
 * whole line's cost) and throws at a name it doesn't like, which would make one odd message a stuck batch. The bytes are read
 * from the client's message where it keeps them; should a version keep them elsewhere, its map is asked.
 */
export function headerLinesOf(message: Msg): HeaderLines | undefined {
  const { _msg: argument, _rdata: bytes } = message as unknown as { _msg?: { hdr?: unknown }; _rdata?: unknown };
  if (!(bytes instanceof Uint8Array) || typeof argument?.hdr !== 'number') return message.headers;
  return argument.hdr > 0 ? parseHeaderLines(bytes.subarray(0, argument.hdr)) : undefined;
}

/** `NATS/1.0\r\nname: value\r\n…\r\n\r\n`; a name may come more than once. */
export function parseHeaderLines(bytes: Uint8Array): [string, string[]][] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const lines: [string, string[]][] = [];
  for (let from = text.indexOf('\r\n') + 2; from > 1; ) {
    const end = text.indexOf('\r\n', from);
    if (end < 0) break;
    const colon = text.indexOf(':', from);
    if (colon > from && colon < end) lines.push([text.slice(from, colon), [text.slice(colon + 1, end).trim()]]);
    from = end + 2;
  }
  return lines;
}

const backfill: readonly string[] = ['backfill', 'republish', 'repair'] satisfies Origin[];

/** What nobody waits for, by its own word; the contract check looks at headers later, this only decides what goes first. */
export function isBackfill(headers: HeaderLines | undefined): boolean {
  for (const [name, values] of headers ?? []) if (name === headerNames.origin) return backfill.includes(values[0] ?? '');
  return false;
}
