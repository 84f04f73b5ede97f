// A program of this bench in a process of its own, spoken to over the channel that Node gives a fork; it ends with the channel.
import { fork } from 'node:child_process';
import { join } from 'node:path';

export interface Program {
  readonly pid: number;
  readonly say: (message: object) => void;
  /** The next thing it says; throws when it ends instead. */
  readonly hear: <T>() => Promise<T>;
  readonly stop: () => void;
}

/** `entry`: below this folder, without its ending. */
export function startProgram(entry: string): Program {
  // Production is what the peers are made for: without it some do more.
  const child = fork(join(__dirname, `${entry}.js`), { serialization: 'advanced', env: { PATH: process.env['PATH'], NODE_ENV: 'production' } });
  const hear = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`${entry} ended with ${String(code)}`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        resolve(message as T);
      });
    });
  return { pid: child.pid ?? 0, say: (message) => void child.send(message), hear, stop: () => void child.kill() };
}
