/** What one end knows about single keys, beyond their digests: reconciliation asks for keys on which two ends differ (X4). */
export const evidenceSubject = (service: string): string => `rpc.${service}.evidence`;

export interface EvidenceQuestion {
  readonly entity: string;
  /** At most 200. */
  readonly keys: readonly string[];
}

/** What a connector has read of a record, of which it tells the state. */
export interface RecordRead {
  /** 32 hexadecimal digits, of what its translation is given: equal under another state, the translation has changed. */
  readonly hash: string;
  /** Version of the process that read it. */
  readonly by: string;
}

export interface KeyEvidence {
  readonly key: string;
  /** null = this end knows nothing of the key, not even that it is gone. */
  readonly revision: number | null;
  /** Personal values are replaced by `maskedValue`, equal ones by equal words; null for a tombstone. */
  readonly data: unknown;
  /** Of the content as it is now, and as it was said to be when it was stored: they differ after an edit by hand. 32 hexadecimal digits. */
  readonly hash: string | null;
  readonly storedHash: string | null;
  /** ISO 8601 */
  readonly changedAt: string | null;
  readonly messageId: string | null;
  /** Of a read model: why the newest message was sent, and when it was applied. */
  readonly origin: string | null;
  readonly appliedAt: string | null;
  /** Of an owner: the newest row of its outbox for this key. */
  readonly sent: { readonly revision: number; readonly messageId: string; readonly publishedAt: string | null; readonly epoch: string | null; readonly sequence: number | null } | null;
  /** The open dead letter about the key. */
  readonly letter: { readonly id: string; readonly class: string; readonly consumer: string } | null;
  /** Of an adapter: what it knows of the system of record behind it. */
  readonly source: { readonly version: number | null; readonly hinted: boolean; readonly heldBy: string | null; readonly record: RecordRead | null } | null;
}

/** Keys whose answer did not fit into one message are not in it: they are to be asked for again. */
export interface EvidenceAnswer {
  readonly keys: readonly KeyEvidence[];
}

const MASK = 'masked:';

/** Stands in for a personal value; `digest` only shows whether two values are equal. */
export const maskedValue = (digest: string): string => `${MASK}${digest}`;

/** What lies in a stream between two ends that differ: only the provisioner may look, and it tells no content. */
export const newestSubject = 'rpc.operations.newest';

export interface NewestQuestion {
  readonly stream: string;
  /** At most 200. */
  readonly subjects: readonly string[];
  /** Name of a durable of this stream, to learn how far its consumer has acknowledged. */
  readonly durable?: string | undefined;
}

export interface NewestAnswer {
  /** Highest sequence below which the durable has acknowledged everything; null when none was asked for, or it is not there. */
  readonly ackFloor: number | null;
  /** Of the newest message under each subject; null where there is none. */
  readonly newest: readonly { readonly subject: string; readonly stored: { readonly sequence: number; readonly messageId: string | null; readonly revision: number | null } | null }[];
}
