import { customer, segment } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { sandboxCustomers } from './customers.client';
import { customerWire, segmentWire } from './sandbox.wire';
import { toCustomer, toSegment } from './translate';

export const sandboxConnector = defineSandboxConnector(
  [
    sandboxCollection({ collection: 'crm/customers', contract: customer, wire: customerWire, keyOf: ({ id }) => id, translate: toCustomer }),
    sandboxCollection({ collection: 'crm/segments', contract: segment, wire: segmentWire, keyOf: ({ id }) => id, translate: toSegment }),
  ],
  (access) => ({ records: sandboxCustomers(access) }),
);
