export { cacheFolder } from './cache';
export { ServerFault } from './fault';
export { dieWithParent } from './guard';
export { startNats, type NatsOptions } from './nats';
export { freePort, freePorts, isTaken } from './ports';
export { postgresFolder, startPostgres, type PostgresOptions, type RunningPostgres } from './postgres';
export { launch, type Launch, type Running } from './process';
export { NATS_FLOOR, resolveNats, type NatsBinary } from './resolve-nats';
