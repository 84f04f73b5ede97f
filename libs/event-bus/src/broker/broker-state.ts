import { BROKER_STATE } from '@steward/contracts';

/** Request/reply subject on which operations answers (B10). */
export const brokerStateSubject = BROKER_STATE;

/** What a service has recorded of a stream: its own acknowledgements if it owns it, its ack floor if it consumes it. */
export interface RecordedPosition {
  readonly epoch: string;
  readonly sequence: number;
  readonly messageId?: string | null;
}

export interface BrokerStateRequest {
  readonly service: string;
  readonly recorded: Readonly<Record<string, RecordedPosition>>;
  /** A non-duplicate acknowledgement at or below a sequence that was recorded before it was sent. */
  readonly tailLossProof?: { readonly stream: string; readonly sequence: number };
}

export interface StreamState {
  readonly epoch: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** ce-id of the last message; null when the stream is empty or its last message was superseded or purged. */
  readonly lastMessageId: string | null;
  /** At least as high as any revision or sequence ever said in this stream: who lost its database starts above it. */
  readonly revisionFloor: number;
  /** Messages that its slowest durable has not acknowledged; absent where it has none, or in the answer of an older provisioner. */
  readonly behind?: number;
}

export interface BrokerState {
  readonly serverVersion: string;
  /** B1: true only when the broker is known to write every message to disk before it acknowledges. */
  readonly syncAlways: boolean;
  readonly streams: Readonly<Record<string, StreamState>>;
  /** By `<durable>@<stream>`. */
  readonly durables: Readonly<Record<string, 'ready' | 'missing'>>;
}
