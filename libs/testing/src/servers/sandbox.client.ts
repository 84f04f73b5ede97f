import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '@steward/servers';
import { eventually } from '../eventually';

export interface SandboxProcess {
  readonly url: string;
  /** The control API: `path` is below `/_control/`. Throws on every answer but 2xx. */
  readonly control: <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>;
  readonly stop: () => Promise<void>;
}

/** The shipped sandbox as a process of its own on a free port, with no records and without a limit of calls. */
export async function startSandbox({ token, env = {} }: { readonly token: string; readonly env?: Readonly<Record<string, string>> }): Promise<SandboxProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [join(__dirname, '../../../../apps/sandbox/dist/main.js')], {
    env: { STEWARD_MODE: 'test', STEWARD_SANDBOX_PORT: String(port), STEWARD_SANDBOX_TOKEN: token, STEWARD_SANDBOX_RATE_LIMIT: '0', ...env },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await eventually(async () => (await fetch(`${url}/readyz`)).ok);
  return {
    url,
    control: async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await fetch(`${url}/_control/${path}`, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
