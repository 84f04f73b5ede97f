import '@steward/platform/telemetry';
import { runMain } from '@steward/platform';
import { projectorEnv } from './projector.env';
import { createGatewayProjector } from './projector/gateway-projector';
import { describeGateway } from './release';

runMain('gateway-projector', projectorEnv, createGatewayProjector, describeGateway);
