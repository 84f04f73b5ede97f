export { namedBrokerError } from './broker-error';
export { type Broker, type BrokerOptions, connectBroker, connectionOptions } from './connect';
