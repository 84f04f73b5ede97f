export { hashOf } from './arrival';
export { type BesideOptions, besidePool, BesideRebuilder } from './beside/beside-rebuilder';
export { RebuildsBeside1802000000000 } from './beside/beside.migration';
export { beginBeside, cancelBeside, standingBeside, wishSwap } from './beside/beside.store';
export type { DerivedModel } from './beside/swap';
export { type AppliedEvent, defineBatchHandler, defineHandler, defineProjection, type Handler, type Projection, type StateChange } from './declarations';
export { awaiting, businessCase, type FaultClass, type ReadBack, type RetryBudget, unknownOutcome } from './failure';
export { applyGate, type Part, type Passage } from './gate/apply-gate';
export {
  consumerEntities, type DeliveryAttempt, type EventPosition, type Held, type InboxRow, inboxEntity, type StoredPart, storedPartEntity,
} from './gate/consumer.entities';
export { consumerMigrations } from './migrations';
export { type Keep } from './gate/retention';
export { doneWithin } from './pull/done-within';
export { JetStreamStrategy, type StrategyOptions } from './jetstream.strategy';
export type { Floor } from './pull/progress';
export { answerRebuild, rebuildModule } from './rebuild/rebuild.controller';
export { Rebuilds1790000005000 } from './rebuild/rebuild.migration';
export { requestRebuild } from './rebuild/rebuild.store';
export { Rebuilder, type RebuilderOptions } from './rebuild/rebuilder';
export type { Work } from './work';
