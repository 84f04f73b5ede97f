import { types } from 'node:util';
import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { cleanError, cleanFields, cleanText } from './redact';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Where the lines go; stdout when absent. */
  readonly destination?: DestinationStream;
}

/** JSON lines with the ids of the active trace; every field and text passes the redaction. Writes are synchronous: the last line before an exit is kept. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
    errorKey: 'err',
    mixin: traceIds,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: cleanFields,
    },
    serializers: { err: (error: unknown) => cleanError(error) },
    hooks: {
      // The message itself may quote an address: "connecting to postgres://…".
      logMethod(this: PinoLogger, args: Parameters<pino.LogFn>, method: pino.LogFn) {
        const [first, ...rest]: unknown[] = args;
        // Given a bare error, pino would copy its message uncleaned.
        const whole = types.isNativeError(first) && rest.length === 0 ? [{ err: first }, first.message] : args;
        method.apply(this, whole.map((each) => (typeof each === 'string' ? cleanText(each) : each)) as Parameters<pino.LogFn>);
      },
    },
  } satisfies pino.LoggerOptions;
  const logger = destination === undefined ? pino(options) : pino(options, destination);
  // pino doesn't pass a child's bindings through any formatter. Children inherit from their parent, and so this reaches all of them.
  const child: (...args: never[]) => unknown = logger.child;
  const cleanChild = function (this: PinoLogger, bindings: pino.Bindings, childOptions?: pino.ChildLoggerOptions): unknown {
    return Reflect.apply(child, this, [cleanFields(bindings), childOptions]);
  };
  return Object.assign(logger, { child: cleanChild as typeof logger.child });
}

function traceIds(): object {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
}
