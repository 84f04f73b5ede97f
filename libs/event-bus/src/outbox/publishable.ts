import { type Contract, encodeKey, subjectOf } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { encodeHeaderValue } from '../envelope';

/** The broker's max_payload counts headers and body together. */
export const maxMessageBytes = 1_048_576;
/** All headers but those that grow with the key and the correlation ids; measured 610, rounded up. */
const fixedHeaderBytes = 1_024;

export interface Draft {
  contract: Contract;
  system: string;
  key: string;
  /** JSON text, '' for a tombstone. */
  body: string;
  correlationId?: string | null | undefined;
  causationId?: string | null | undefined;
}

/**
 * O5: what the broker or the tables would refuse is refused before commit, so that the writer hears of it and no committed row can block
 * the outbox for ever. Returns undefined if the draft may be written.
 */
export function publishFault(draft: Draft): RejectedError | undefined {
  const { contract, system, key, body } = draft;
  const place = `${system}.${contract.entity}`;
  if (!contract.systems.includes(system)) {
    return new RejectedError('OUTBOX_WRONG_SYSTEM', `${system} may not emit ${contract.entity}`, { place, accepted: contract.systems.join(', ') });
  }
  // PostgreSQL's text type can't hold it; the broker's token could.
  if (key.includes('\0')) return new RejectedError('OUTBOX_BAD_KEY', 'the key contains a NUL character', { place });
  if (body.includes('\0')) return new RejectedError('OUTBOX_BAD_BODY', 'the body contains a NUL character outside a JSON escape', { place });
  try {
    encodeKey(key);
  } catch (cause) {
    return new RejectedError('OUTBOX_BAD_KEY', cause instanceof Error ? cause.message : String(cause), { place, cause });
  }
  const ids = encodeHeaderValue(key).length + (draft.correlationId?.length ?? 0) * 3 + (draft.causationId?.length ?? 0) * 3;
  const bytes = Buffer.byteLength(body) + subjectOf(contract, system, key).length + ids + fixedHeaderBytes;
  if (bytes > maxMessageBytes) {
    return new RejectedError('OUTBOX_TOO_LARGE', `key ${key} makes a message of ${bytes} bytes`, { place, accepted: `at most ${maxMessageBytes} bytes with headers` });
  }
  return undefined;
}
