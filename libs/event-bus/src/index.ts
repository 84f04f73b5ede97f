// Outbox side: writing, publishing, the broker's connection.
export * from './envelope';
export * from './broker';
