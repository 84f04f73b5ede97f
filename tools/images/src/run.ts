import { execFile } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a program to its end; what it says is kept and shown only by whoever finds it wrong. */
export const run = (command: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(command, [...args], { maxBuffer: 256 * 1024 * 1024, ...options, env: { ...process.env, ...options.env } }, (fault, out, error) =>
      resolve({ code: fault === null ? 0 : typeof fault.code === 'number' ? fault.code : 1, out: String(out), error: String(error) }),
    );
  });

export async function must(command: string, args: readonly string[], options?: Parameters<typeof run>[2]): Promise<string> {
  const { code, out, error } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 12).join(' ')}: exit code ${String(code)}\n${(out + error).split('\n').slice(-40).join('\n')}`);
  return out.trim();
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`);
