export { cacheFolder } from './cache';
export { type DebianProgram, fetchFromDebian } from './debian';
export { ServerFault } from './fault';
export { dieWithParent } from './process/guard';
export { startNats, type NatsOptions } from './nats/nats';
export { freePort, freePorts, isTaken } from './ports';
export { postgresFolder, startPostgres, type PostgresOptions, type RunningPostgres } from './postgres/postgres';
export { launch, type Launch, type Running } from './process/process';
export { NATS_FLOOR, resolveNats, type NatsBinary } from './nats/resolve-nats';
