// What a vendor's folder needs.
export { type Connector, defineConnector, defineFeed, type Feed, type Hint, type Pace, type Page, type Source, type SourceContext, type WebhookSpec, type WebhookVerdict } from './source/define';
export { isNothingSent, nothingSent } from './http/nothing-sent';
export { type HmacScheme, hmacVerifier } from './source/hmac-verifier';
export type { HttpAnswer, HttpCall } from './http/attempt.client';
export { callLanes, type CallLane, calling } from './http/caller';
export type { OpenHttp } from './http/outward';
export { type HttpLimits, type ResilientHttp, resilientHttp, type ResilientHttpOptions } from './http/resilient-http.client';

// What an app needs.
export { type Adapter, type AdapterContext, type AdapterSpec, type Consumed, defineAdapter, type WebhookDoor } from './service/define-adapter';
export { defineEffect, idempotencyKeyOf, type Effect, type EffectCall, type EffectOutcome, type EffectSpec, type Settled } from './effect/define-effect';
export { abandonEffect, type EffectDraft, intendEffects, touchEffect } from './effect/intend';
export { redactEffects } from './effect/redact-effects';
export { announceWithheld } from './announce/announce-withheld';
export type { AfterRead } from './announce/announcer';
export type { Read } from './announce/read-numbers';
export { storeHints } from './feed/hint.store';
export { announceOwn, type OwnChange, type OwnRevision } from './own/announce-own';
export type { LeaseCheck, LeasedLoop } from './loop/leased-loops';
export type { AdapterEnv } from './service/adapter-env';
export { createAdapter } from './service/create-adapter';
export { runAdapter } from './service/run-adapter';

// What tests and operators need.
export { EffectRunner, type EffectRunnerOptions } from './effect/effect-runner';
export { FeedRunner, type FeedRunnerOptions } from './feed/feed-runner';
export { type By, decideHeldChange } from './guard/decide-held';
export { kitMigrations } from './announce/kit.migration';
export { quarantineOf } from './announce/quarantine';
