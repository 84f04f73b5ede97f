/** Processes that a test starts to kill them, and the neighbour that lives on and remembers what they did. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Victims {
  /** In the order of their start. */
  readonly children: ChildProcess[];
  /** A program as text, run by this Node in `cwd` with nothing of this environment but `env`. */
  run(program: string, cwd: string, env: Readonly<Record<string, string>>): ChildProcess;
  /** Kills all with -9 and waits until they are gone. */
  end(): Promise<void>;
}

export function victims(): Victims {
  const children: ChildProcess[] = [];
  return {
    children,
    run: (program, cwd, env) => {
      const child = spawn(process.execPath, ['-e', program], { cwd, stdio: 'ignore', env: { PATH: '/bin', ...env } });
      children.push(child);
      return child;
    },
    end: async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.splice(0).map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
    },
  };
}

/** An HTTP server of the test's own on 127.0.0.1. */
export async function neighbour(listener: RequestListener): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
