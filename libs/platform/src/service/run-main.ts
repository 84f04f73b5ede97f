/**
 * The frame of every process. Invariants:
 * 1. It ends with a code that says why: the error table has them, 0 after a signal, 1 for what nobody foresaw.
 * 2. Not ready comes first; the end comes within `stopWithinMs`, and a second signal doesn't wait at all.
 * 3. A fault in the environment is told as text on stderr, to a person; everything later is a log line.
 */
import type { z } from 'zod';
import { loadEnv, type EnvOf } from '../env/load-env';
import { OnlyMigrated } from '../database/migrate';
import { missingInProduction, productionFaults } from '../env/production';
import { ambientEnv } from '../env/ambient';
import { processEnv, type ProcessEnv } from '../env/service-env';
import { errorTable } from '../errors/table';
import { StewardError } from '../errors/steward-error';
import { createLogger, type Logger } from '../log/logger';
import { armFaults } from '../seams/through';
import { nameService, stopTelemetry } from '../telemetry/lifecycle';

export interface Running {
  readonly stop: () => Promise<void>;
}

/** Below the 30 s that Kubernetes grants before SIGKILL. */
const stopWithinMs = 25_000;

/** Reads the environment, creates the service, and runs it until it stops. `describe` is what STEWARD_DESCRIBE_ONLY prints instead. */
export function runMain<S extends z.ZodRawShape>(name: string, shape: S, create: (env: EnvOf<S>) => Promise<Running>, describe?: () => object): void {
  // Before the environment is judged: a pipeline that asks what an image is has neither database nor broker for it.
  if (describe !== undefined && process.env['STEWARD_DESCRIBE_ONLY'] === 'true') {
    process.stdout.write(`${JSON.stringify(describe(), null, 2)}\n`);
    return;
  }
  nameService(name);
  const { env, ambient } = readEnv(name, shape);
  const logger = createLogger({ service: name, level: ambient.STEWARD_LOG_LEVEL });
  let running: Running | undefined;
  let ending = false;

  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    // Keeps the process alive on purpose: a stop that waits for what never comes must not look like a clean end.
    setTimeout(() => {
      logger.fatal({ withinMs: stopWithinMs }, 'not stopped in time');
      process.exit(1);
    }, stopWithinMs);
    const stop = async (): Promise<void> => {
      await running?.stop();
      await stopTelemetry();
    };
    stop().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };

  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending) {
      logger.warn({ signal }, 'asked to stop again: ending at once');
      process.exit(1);
    }
    logger.info({ signal }, 'stopping');
    end(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // The state of the process is unknown after either: what is safe is to end and be started anew. The databases know the rest.
  process.on('uncaughtException', (error) => fatal(logger, error, 'an error reached the top'));
  process.on('unhandledRejection', (error) => fatal(logger, error, 'a rejection nobody handled'));

  create(env).then(
    (created) => {
      running = created;
    },
    (error: unknown) => {
      if (!(error instanceof OnlyMigrated)) fatal(logger, error, 'could not start');
      logger.info(error.message);
      end(0);
    },
  );
}

function readEnv<S extends z.ZodRawShape>(name: string, shape: S): { env: EnvOf<S>; ambient: ProcessEnv } {
  try {
    // Together first, so that one message has all faults.
    loadEnv({ ...processEnv, ...shape });
    const ambient = ambientEnv();
    if (ambient.STEWARD_FAULTS !== undefined) {
      if (ambient.STEWARD_MODE !== 'test') throw new StewardError('ENV_INVALID', 'faults are for tests only', { place: 'STEWARD_FAULTS', accepted: 'unset, or STEWARD_MODE=test' });
      armFaults(ambient.STEWARD_FAULTS);
    }
    if (ambient.STEWARD_MODE === 'production') refuseInProduction({ ...processEnv, ...shape }, ambient);
    return { env: loadEnv(shape), ambient };
  } catch (error) {
    if (!(error instanceof StewardError)) throw error;
    process.stderr.write(`${name} can't start. ${error.message}\n`);
    process.exit(exitCodeOf(error));
  }
}

function refuseInProduction(shape: z.ZodRawShape, { STEWARD_ALLOW_PLAINTEXT }: ProcessEnv): void {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, process.env[name]]));
  const faults = [...missingInProduction(shape, given), ...productionFaults(given, STEWARD_ALLOW_PLAINTEXT)];
  if (faults.length > 0) throw new StewardError('ENV_INSECURE', `${faults.length} ${faults.length === 1 ? 'setting is' : 'settings are'} not for production\n${faults.map((line) => `  ${line}`).join('\n')}`);
}

function fatal(logger: Logger, error: unknown, what: string): never {
  const remedy = error instanceof StewardError ? errorTable[error.code].remedy : undefined;
  logger.fatal({ err: error, ...(remedy === undefined ? {} : { remedy }) }, what);
  process.exit(exitCodeOf(error));
}

const exitCodeOf = (error: unknown): number => (error instanceof StewardError ? (errorTable[error.code].exit ?? 1) : 1);
