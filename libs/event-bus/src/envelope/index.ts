export { type Address, addressOf, dataSchemaOf, type Envelope, majorOf, type Origin, origins, sourceOf } from './envelope';
export { type HeaderFault, type HeaderLines, fromMessage, isHeaderFault, type RawMessage } from './from-message';
export { decodeHeaderValue, encodeHeaders, encodeHeaderValue, headerNames, toHeaders } from './headers';
