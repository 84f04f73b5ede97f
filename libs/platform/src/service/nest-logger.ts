import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../log/logger';

/** Nest's own messages in our log; its account of every module and route is for debugging only. */
export function nestLogger(logger: Logger): LoggerService {
  const write = (level: 'debug' | 'warn' | 'error' | 'fatal') => (message: unknown, ...rest: unknown[]) => {
    const context = rest.findLast((each) => typeof each === 'string');
    if (message instanceof Error) logger[level]({ err: message, context }, message.message);
    else logger[level]({ context }, typeof message === 'string' ? message : JSON.stringify(message));
  };
  return { log: write('debug'), debug: write('debug'), verbose: write('debug'), warn: write('warn'), error: write('error'), fatal: write('fatal') };
}
