import { z } from 'zod';
import { faultsAccepted } from '../seams/plan';
import { envTypes } from './env-types';

const modes = ['development', 'production', 'test'] as const;
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What every process of Steward may be given. */
export const processEnv = {
  STEWARD_MODE: z.enum(modes).default('production').describe(`${modes.join(' | ')}; production is the strict one and the default`),
  STEWARD_LOG_LEVEL: z.enum(logLevels).default('info'),
  STEWARD_STARTUP_WAIT_MS: envTypes.milliseconds(0, 3_600_000).default(60_000).describe('milliseconds a starting process waits for its database, 0 to 3600000'),
  STEWARD_MIGRATE_ONLY: envTypes.flag.default(false).describe('true | false, false unless set; true = bring the database to the schema of this build, then end'),
  STEWARD_DESCRIBE_ONLY: envTypes.flag.default(false).describe('true | false, false unless set; true = print what this build is for the release gate (versions of contracts, migrations) as JSON, then end; needs no other setting'),
  STEWARD_VERSION: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z._+-]{0,99}$/).default('development').describe('what this build is called at the release gate: letters, digits, . _ + -; images have it'),
  STEWARD_ALLOW_PLAINTEXT: envTypes.flag.default(false).describe('true | false, false unless set; true = production mode accepts a broker and a database that are reached without TLS'),
  STEWARD_FAULTS: z.string().optional().describe(`test mode only: ${faultsAccepted}`),
  OTEL_EXPORTER_OTLP_ENDPOINT: envTypes.httpUrl.optional().describe('http(s)://host:port of an OTLP receiver (Jaeger: 4318); no traces without it'),
};

/** What a service with a database and a broker needs: spread it into the service's own shape. */
export const serviceEnv = {
  ...processEnv,
  DATABASE_URL: envTypes.postgresUrl,
  NATS_URL: envTypes.natsUrl,
  STEWARD_HEALTH_PORT: envTypes.port.default(4300).describe('port of /livez /readyz /startupz /metrics, 0 to 65535; 0 takes a free one'),
  STEWARD_HEALTH_HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 in a container'),
};

/** What a service that publishes may be given besides. */
export const senderEnv = {
  STEWARD_ALLOW_LAZY_BROKER: envTypes.flag.default(false).describe('true | false, false unless set; true = production mode accepts a broker that acknowledges before its disk has the message'),
};

export type ProcessEnv = Readonly<z.output<z.ZodObject<typeof processEnv>>>;
export type ServiceEnv = Readonly<z.output<z.ZodObject<typeof serviceEnv>>>;
