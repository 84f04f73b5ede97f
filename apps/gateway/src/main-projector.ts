import '@steward/platform/telemetry';
import { runMain } from '@steward/platform';
import { projectorEnv } from './env';
import { createGatewayProjector } from './projector/gateway-projector';

runMain('gateway-projector', projectorEnv, createGatewayProjector);
