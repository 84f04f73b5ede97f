/** Where operations is and who asks: options first, then the environment, then what `npm start` has. */
import { readFileSync } from 'node:fs';
import { exitCodes, Failure } from './failure';

export interface Settings {
  /** http(s)://host:port, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly output: 'table' | 'json';
}

export interface GlobalOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly output?: string;
}

export const defaultUrl = 'http://127.0.0.1:4310';

export function settingsOf(options: GlobalOptions, env: Readonly<Record<string, string | undefined>>): Settings {
  const url = options.url ?? env['STEWARD_OPERATIONS_URL'] ?? defaultUrl;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Failure(exitCodes.usage, `${url} is no address of operations; accepted: http(s)://host:port`);
  const output = options.output ?? 'table';
  if (output !== 'table' && output !== 'json') throw new Failure(exitCodes.usage, `-o ${output} is not known; accepted: table, json`);
  const file = options.tokenFile ?? env['STEWARD_TOKEN_FILE'];
  // Never an argument: arguments are seen by everybody on the machine.
  const token = file === undefined ? env['STEWARD_TOKEN'] : tokenIn(file);
  return { url: url.replace(/\/+$/, ''), token, output };
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Failure(exitCodes.usage, `the token can't be read: ${(error as Error).message}`);
  }
}
