import { shipment, stockLevel } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { sandboxDesk } from './sandbox.client';
import { isPacked, shipmentWire, stockWire } from './sandbox.wire';
import { keyOf, toShipment, toStockLevel } from './translate';

export const sandboxConnector = defineSandboxConnector(
  [
    sandboxCollection({ collection: 'erp/stock', contract: stockLevel, wire: stockWire, keyOf, translate: toStockLevel }),
    sandboxCollection({ collection: 'erp/shipments', contract: shipment, wire: shipmentWire, keyOf: ({ id }) => id, translate: toShipment, concerns: (raw) => !isPacked(raw) }),
  ],
  (access) => ({ desk: sandboxDesk(access) }),
);
