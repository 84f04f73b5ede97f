// Outbox side: writing, publishing, the broker's connection.
export * from './envelope';
export * from './broker';
export * from './lease';
export * from './outbox';

// Consumer side: the gate, projections and handlers, dead letters.
export * from './consumer';
export * from './dead-letter';
export * from './letters';

// What flows, and pausing it.
export * from './flow';

// What this process is, and what waits in its service.
export * from './release';

// What is known of one thing.
export * from './trace';

// Rows of a service's own tables, told as states.
export * from './tell';

// What both ends hold, to be compared.
export { compareDigests, type DifferencePage, type DigestDoor, type Ends, type KeyDifference, scrubDigests } from './digest/compare';
export { answerDigest } from './digest/answer';
export { digestModule } from './digest/digest.controller';
export { digestMoves, foldDigests, keepDigest, type Scrubbed as ScrubbedDigest, scrubDigest } from './digest/kept';
export { Scrubber } from './digest/scrubber';
export { contentHash, pathOf as digestPathOf } from './digest/tree';
export { masked, type ReadSourceEvidence, type SourceEvidence } from './evidence/evidence';
export { answerEvidence, evidenceModule } from './evidence/evidence.controller';

// How long rows are kept.
export { type DeclaredRetention, defineRetention, retire, retireAll, retireEveryMs, retiringLoop, underRetention } from './retention/declared-retention';

// What is forgotten when a person is.
export { type AskForget, askForget, forgetMessages, startForgetting } from './privacy/forget-messages';
export { erasedError, type PersonalTrace, type Redacted, redactPerson } from './privacy/redact-person';
export { withoutPersonal } from './privacy/without-personal';
