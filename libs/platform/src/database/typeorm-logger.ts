import type { Logger as TypeormLogger } from 'typeorm';
import type { Logger } from '../log/logger';

/** TypeORM's messages in our log instead of on the console. Queries stay out: their parameters are data. */
export function typeormLogger(logger: Logger): TypeormLogger {
  const nothing = (): void => undefined;
  return {
    logQuery: nothing,
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: (message) => logger.debug(message),
    log: (level, message) => logger[level === 'warn' ? 'warn' : 'debug'](String(message)),
  };
}
