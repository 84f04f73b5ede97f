export {
  BROKER_STATE,
  type BrokerAccess,
  brokerAccess,
  durableApi,
  everyService,
  forgetting,
  inboxPrefixOf,
  JETSTREAM_PREFIX,
  PROVISIONER,
  STREAMS_ACCOUNT,
} from './broker-access';
export { AUTHENTICATED_WITHIN_SECONDS, type BrokerAccountOptions, type BrokerPassword, renderBrokerAccounts } from './broker-accounts';
export type { Problem } from './problem';
export { type Allowance, type ChangeRule, type Consumer, type Contract, type ContractData, type ContractVersion, keyOf, type Kind, type Owner, type ReconciliationTerms, type RepairPolicy, typeOf } from './contract';
export type { Claims } from './claims';
export * from './generated/catalogue';
export { runbooks } from './generated/runbooks';
export * from './generated/topology';
export type * from './generated/types';
export { type AnnounceAgainAnswer, type AnnounceAgainQuestion, announceAgainSubject, type AnnouncedAgain } from './doors/announce-again';
export {
  depthOf, differingChildren, DIGEST_ROOT, type DigestAnswer, type DigestChildren, type DigestKeys, type DigestQuestion, type DigestScrub, digestStep, digestSubject, KEPT_BITS, type KeyDigest,
  MOST_DIGEST_BITS, type NodeDigest,
} from './doors/digest';
export { type ForgetAnswer, type ForgetQuestion, forgetSubject } from './doors/forget';
export { type BesideAnswer, type BesideComparison, type BesideQuestion, type BesideStanding, type RebuildAnswer, type RebuildQuestion, rebuildSubject, type RebuildStanding } from './doors/rebuild';
export { type ReadSourceAnswer, type ReadSourceQuestion, readSourceSubject, type SourceItem, type SourcePage } from './doors/read-source';
export { type DependencyStatus, type FlowKind, type FlowsAnswer, type FlowsQuestion, flowsSubject, type FlowStatus } from './doors/flows';
export { type HeldAnswer, type HeldCase, type HeldItem, type HeldQuestion, heldSubject } from './doors/held';
export { type EvidenceAnswer, type EvidenceQuestion, evidenceSubject, type KeyEvidence, maskedValue, type NewestAnswer, type NewestQuestion, newestSubject, type RecordRead } from './doors/evidence';
export { decodeKey, encodeKey } from './key';
export {
  type JsonPatchOperation,
  type LetterAttempt,
  type LetterCurrent,
  type LetterEdit,
  type LetterForecast,
  type LetterHeader,
  type LetterReading,
  type LettersAnswer,
  type LettersQuestion,
  lettersSubject,
  type LetterVerdict,
  type LetterVerdictKind,
  MOST_LETTERS,
} from './doors/letters';
export { withKnownValues } from './open-enum';
export {
  type AskedBy, type CheckStanding, type DriftCause, type DriftKind, type DriftRow, type ReconciliationAnswer, type ReconciliationQuestion, type ReconciliationRunAnswer, type ReconciliationRunQuestion, reconciliationSubject,
  type RepairForecast, type RunStanding,
} from './doors/reconciliation';
export type { RunbookDeclaration, RunbookParam, RunbookStep, RunbookStepKind } from './runbook';
export { backlogSubject, type BacklogAnswer, type Beat, type HeartbeatAnswer, type HeartbeatQuestion, heartbeatSubject, LETTERS_NAMED, type Waiting, type WaitingLetter } from './release/doors';
export { declaredOf, readsOf, type ReadVersion, type Release } from './release/release';
export { type SnapshotCount, type SnapshotCountQuestion, type SnapshotItem, type SnapshotPage, type SnapshotQuestion, snapshotSubject } from './doors/snapshot';
export { parseSubject, type ParsedSubject, streamOf, subjectOf, subjectPrefixOf } from './subject';
export { type TraceAnswer, type TraceEntry, type TraceQuestion, traceSubject } from './doors/trace';
export type { DurableDeclaration, StreamDeclaration } from './topology';
export { shipped } from './upcast/shipped';
export { type Catalogue, defineUpcast, raised, readableMajors, type Upcast } from './upcast/upcast';
export { contractAt, currentContracts, newestOf, versionIn, versionName, versionsOf } from './upcast/versions';
