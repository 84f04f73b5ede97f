// A child process with a life: started, ready, killed, started again, stopped.
//
// 1. A child is in a session of its own, so that Ctrl-C in a terminal reaches us only and we choose the order.
// 2. It dies with us in any case (guard.ts).
// 3. stop() and kill() resolve after the exit; a signal is only sent while the exit has not been seen, so a pid that
//    the kernel has given to somebody else is never hit.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ServerFault } from '../fault';
import { dieWithParent } from './guard';

export interface Launch {
  name: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** User and group to drop to. */
  user?: { uid: number; gid: number };
  logFile: string;
  url: string;
  /** Asked every 25 ms; the process is usable once it says true, and has no hope when it throws. */
  ready: () => Promise<boolean>;
  readyWithinMs: number;
  /** Asked when that time is over, before it is killed: why is it not ready? */
  reason?: () => Promise<string>;
  stopSignal: NodeJS.Signals;
  /** After this long a stop becomes a kill. */
  stopWithinMs?: number;
  /** A start that fails with this in its log is tried again within the same time. */
  retryOn?: RegExp;
  /** Turns the end of the log into one helpful line. */
  explain?: (log: string) => string | undefined;
}

export interface Running {
  readonly name: string;
  /** Changes with restart(). */
  readonly pid: number;
  readonly url: string;
  readonly logFile: string;
  readonly alive: boolean;
  stop(): Promise<void>;
  /** SIGKILL unless told otherwise; resolves when the process is gone (at once for SIGSTOP and SIGCONT). */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again with the same data and port, after stopping it if it still runs. */
  restart(): Promise<void>;
  /** Called at an exit that nobody asked for through stop() or restart(), with what it said last unless a signal ended it. */
  onCrash(listener: (how: string) => void): void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

/** What was written to the log since it had this size, at most the last 8 kB. */
function logSince(file: string, size: number): string {
  const end = sizeOf(file);
  const buffer = Buffer.alloc(Math.min(8_192, Math.max(0, end - size)));
  const log = openSync(file, 'r');
  readSync(log, buffer, 0, buffer.length, end - buffer.length);
  closeSync(log);
  return buffer.toString('utf8');
}

/** The last thing it said; of a line of JSON what a person would read. */
function lastLine(log: string): string {
  const line = log.split('\n').at(-1) || 'no output';
  try {
    const { message, err } = JSON.parse(line) as { message?: string; err?: { message?: string } };
    return [message, err?.message].filter((part) => part !== undefined).join(': ') || line;
  } catch {
    return line.slice(-500);
  }
}

class OwnProcess implements Running {
  private child: ChildProcess | undefined;
  private exit: Promise<string> = Promise.resolve('not started');
  private wanted = false;
  private readonly crashListeners: ((how: string) => void)[] = [];

  constructor(private readonly spec: Launch) {}

  get name(): string {
    return this.spec.name;
  }
  get url(): string {
    return this.spec.url;
  }
  get logFile(): string {
    return this.spec.logFile;
  }
  get pid(): number {
    return this.child?.pid ?? 0;
  }
  get alive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    const { spec } = this;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const deadline = Date.now() + spec.readyWithinMs;
    for (;;) {
      const logged = sizeOf(spec.logFile);
      const failure = await this.attempt(deadline);
      if (failure === undefined) return;
      await this.kill();
      const log = logSince(spec.logFile, logged).trim();
      if (spec.retryOn?.test(log) === true && Date.now() < deadline) {
        await pause(100);
        continue;
      }
      throw new ServerFault(spec.explain?.(log) ?? `${spec.name} does not start (${failure}): ${lastLine(log)} (all of it in ${spec.logFile})`);
    }
  }

  /** One try; undefined = ready, else why not. */
  private async attempt(deadline: number): Promise<string | undefined> {
    const { spec } = this;
    const logged = sizeOf(spec.logFile);
    const log = openSync(spec.logFile, 'a', 0o600);
    const child = spawn(spec.command, [...spec.args], {
      stdio: ['ignore', log, log],
      env: spec.env as NodeJS.ProcessEnv,
      detached: true,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...spec.user,
    });
    closeSync(log);
    this.child = child;
    const forget = child.pid === undefined ? () => undefined : dieWithParent(child.pid);
    let ended: string | undefined;
    this.exit = new Promise((resolve) => {
      child.once('error', (fault) => resolve(`could not be started: ${fault.message}`));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`));
    });
    this.wanted = false;
    void this.exit.then((how) => {
      ended = how;
      forget();
      if (!this.wanted || this.child !== child) return;
      const why = child.signalCode === null ? `${how}: ${lastLine(logSince(spec.logFile, logged).trim())}` : how;
      for (const listener of this.crashListeners) listener(why);
    });
    while (ended === undefined) {
      if (Date.now() > deadline) return `not ready within ${Math.round(spec.readyWithinMs / 1000)} s${spec.reason ? `, it says: ${await spec.reason()}` : ''}`;
      try {
        if (await spec.ready()) {
          this.wanted = true;
          return undefined;
        }
      } catch (fault) {
        return (fault as Error).message;
      }
      await pause(25);
    }
    return ended;
  }

  stop(): Promise<void> {
    return this.end();
  }

  /** Apart from stop(), which an owner may extend by a clean-up that a restart must not do. */
  private async end(): Promise<void> {
    this.wanted = false;
    if (!this.alive) return;
    this.child?.kill(this.spec.stopSignal);
    const late = setTimeout(() => this.child?.kill('SIGKILL'), this.spec.stopWithinMs ?? 10_000);
    await this.exit;
    clearTimeout(late);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.alive) return;
    this.child?.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.exit;
  }

  async restart(): Promise<void> {
    await this.end();
    await this.start();
  }

  onCrash(listener: (how: string) => void): void {
    this.crashListeners.push(listener);
  }
}

/** Starts a child process and resolves when it is ready, or throws a ServerFault with the reason in one line. */
export async function launch(spec: Launch): Promise<Running> {
  const own = new OwnProcess(spec);
  await own.start();
  return own;
}
