export { eventually } from './eventually';
export { failOnLeaks } from './leaks';
export { tablesThatMention } from './mentions';
export { OtlpReceiver, type ReceivedSpan } from './otlp/receiver';
export { testBroker, type TestBroker } from './servers/broker';
export { testDatabase, type MigrationClass, type TestDatabase } from './servers/database';
export { AUDIENCE, bearer, ISSUER, type TestIssuer, testIssuer } from './servers/issuer';
export { ownPostgres } from './servers/own-postgres';
export { type SandboxProcess, startSandbox } from './servers/sandbox.client';
