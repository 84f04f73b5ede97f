export { type Administration, type DurableFacts, openAdministration, type StreamFacts, type StreamMark } from './administration';
export { namedBrokerError } from './broker-error';
export { type BrokerState, type BrokerStateRequest, brokerStateSubject, type RecordedPosition, type StreamState } from './broker-state';
export { type Broker, type BrokerOptions, connectBroker, connectionOptions } from './connect';
export { doorModule, STILL_STARTING } from './door';
export { openBroker } from './open-broker';
export { type PublishOutcome, RawPublisher, type RawPublisherOptions } from './raw-publisher';
export { ask, type AskBrokerState, askBrokerState, createRpcClient, natsTransport, type RpcOptions } from './rpc';
export { StreamWatch, type StreamWatchOptions } from './stream-watch';
