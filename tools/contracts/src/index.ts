export { check } from './check';
export { type Fault, type FaultCode, formatFault } from './fault';
export { generate } from './generate';
