export {
  BROKER_STATE,
  type BrokerAccess,
  brokerAccess,
  durableApi,
  inboxPrefixOf,
  JETSTREAM_PREFIX,
  PROVISIONER,
  STREAMS_ACCOUNT,
} from './broker-access';
export { type BrokerAccountOptions, type BrokerPassword, renderBrokerAccounts } from './broker-accounts';
export type { Problem } from './problem';
export { type Allowance, type ChangeRule, type Consumer, type Contract, type ContractData, keyOf, type Kind, type Owner, typeOf } from './contract';
export * from './generated/catalogue';
export * from './generated/topology';
export type * from './generated/types';
export { type BucketDigest, type DigestAnswer, differingBuckets, type DigestQuestion, digestSubject, type KeyDigest } from './digest';
export { type DependencyStatus, type FlowKind, type FlowsAnswer, type FlowsQuestion, flowsSubject, type FlowStatus } from './flows';
export { decodeKey, encodeKey } from './key';
export { withKnownValues } from './open-enum';
export { type SnapshotItem, type SnapshotPage, type SnapshotQuestion, snapshotSubject } from './snapshot';
export { parseSubject, type ParsedSubject, streamOf, subjectOf } from './subject';
export type { DurableDeclaration, StreamDeclaration } from './topology';
