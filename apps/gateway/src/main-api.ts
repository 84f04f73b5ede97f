import '@steward/platform/telemetry';
import { runMain } from '@steward/platform';
import { createGatewayApi } from './api/gateway-api';
import { apiEnv } from './env';
import { describeGateway } from './release';

runMain('gateway-api', apiEnv, createGatewayApi, describeGateway);
