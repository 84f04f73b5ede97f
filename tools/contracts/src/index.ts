export { check, type Checked, lint } from './check';
export { type Fault, type FaultCode, faultCodes, formatFault } from './fault';
export { generate } from './output/generate';
export { publish } from './rules/published';
