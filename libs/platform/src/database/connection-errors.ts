import { StewardError } from '../errors/steward-error';

/** Class 08 and the codes with which PostgreSQL ends or refuses a connection because of its own state. */
const sqlStates = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03']);
const systemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);
/** pg names these by their text only. */
const texts = /connection terminated|connection timeout|timeout exceeded when trying to connect|client has encountered a connection error|client was closed|query read timeout|cannot use a pool after calling end|server closed the connection/i;
const refusals = /^(28|3D000|42501)/;
/** Of TLS, by their names or, from pg, by their text only. */
const untrusted = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_)|does not support SSL connections/;

const codeOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '');

/** Whether the connection failed rather than the statement: the same work may succeed on a new connection. */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error);
  if (code.startsWith('08') || sqlStates.has(code) || systemCodes.has(code)) return true;
  if (typeof error !== 'object' || error === null) return false;
  // Node tries every address of a name and throws all refusals together.
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return error.errors.every(isConnectionError);
  return code === '' && 'message' in error && typeof error.message === 'string' && texts.test(error.message);
}

/** The error with our code when the connection is at fault; everything else (SQL errors, the caller's own) unchanged. */
export function namedDatabaseError(error: unknown, doing: string): unknown {
  if (error instanceof StewardError) return error;
  return isConnectionError(error) ? new StewardError('DATABASE_UNAVAILABLE', doing, { cause: error }) : error;
}

/** Wrong role, password or database, or a certificate that is not trusted: waiting will not help. */
export const isRefusal = (error: unknown): boolean => refusals.test(codeOf(error)) || untrusted.test(codeOf(error) || String((error as Error | undefined)?.message));
