// Outbox side: writing, publishing, the broker's connection.
export * from './envelope';
export * from './broker';
export * from './lease';
export * from './outbox';

// Consumer side: the gate, projections and handlers, dead letters.
export * from './consumer';
export * from './dead-letter';

// What both ends hold, to be compared.
export { digestModule } from './digest/digest.controller';
