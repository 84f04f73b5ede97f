/** Programs of the clone that this command lies in: contracts and connectors are worked on there, and a running system knows nothing of it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, Failure } from './failure';

const root = join(__dirname, '../../..');

export async function runInRepository(program: string, args: readonly string[]): Promise<number> {
  const path = join(root, program);
  if (!existsSync(path)) throw new Failure(exitCodes.usage, `${program} is not here: this command works in a built clone of the repository, after npm run build`);
  const child = spawn(process.execPath, [path, ...args], { cwd: root, stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false' } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
