import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats } from '../nats/nats';
import { freePort } from '../ports';
import { startPostgres } from '../postgres/postgres';
import { launch, type Running } from './process';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('server processes', () => {
  let dir = '';
  const running: Running[] = [];
  const environment = { ...process.env };

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'steward-servers-'));
    chmodSync(dir, 0o755); // as root PostgreSQL runs as another user
  });
  afterEach(async () => {
    process.env = { ...environment };
    await Promise.all(running.splice(0).map((each) => each.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  const nats = async (port: number): Promise<Running> => {
    const started = await startNats({ dir: join(dir, 'nats'), port, config: '' });
    running.push(started);
    return started;
  };

  it('run again on the same port after kill -9, and a crash is told to whoever listens', async () => {
    const server = await nats(await freePort());
    const crashes: string[] = [];
    server.onCrash((how) => crashes.push(how));
    const first = server.pid;
    await server.kill();
    expect(alive(first)).toBe(false);
    expect(crashes).toEqual(['signal SIGKILL']);
    await server.restart();
    expect(server.pid).not.toBe(first);
    await server.stop();
    expect(crashes).toHaveLength(1); // a stop is no crash
  });

  it('die with the process that started them, even by kill -9', async () => {
    const script = `
      const { launch } = require(${JSON.stringify(join(__dirname, '../../dist/index.js'))});
      launch({ name: 'sleeper', command: 'sleep', args: ['600'], env: process.env, logFile: ${JSON.stringify(join(dir, 'sleep.log'))}, url: '',
        ready: async () => true, readyWithinMs: 5000, stopSignal: 'SIGTERM' })
        .then((child) => { require('node:fs').writeFileSync(${JSON.stringify(join(dir, 'pid'))}, String(child.pid)); setInterval(() => {}, 1000); });`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
    let child = 0;
    await until(() => {
      try {
        child = Number(readFileSync(join(dir, 'pid'), 'utf8'));
      } catch {
        child = 0;
      }
      return child > 0;
    });
    expect(alive(child)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !alive(child));
  });

  it('say in one line that their port is taken', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await expect(nats(port)).rejects.toThrow(`port ${port} for nats-server is taken`);
    await expect(startPostgres({ dir: join(dir, 'pg'), port, durable: false })).rejects.toThrow(`port ${port} for PostgreSQL is taken`);
    await new Promise((resolve) => other.close(resolve));
  });

  it('show the last line of their log when they do not start', async () => {
    const spec = { name: 'broken', env: {}, logFile: join(dir, 'broken.log'), url: '', ready: () => Promise.resolve(false), readyWithinMs: 5_000, stopSignal: 'SIGTERM' as const };
    await expect(launch({ ...spec, command: '/bin/sh', args: ['-c', 'echo one; echo two; exit 3'] })).rejects.toThrow(/broken does not start \(exit code 3\): two/);
    await expect(launch({ ...spec, command: '/no/such/program', args: [] })).rejects.toThrow(/could not be started.*ENOENT/);
  });

  it('ask for a password when the cluster was made with one', async () => {
    const postgres = await startPostgres({ dir: join(dir, 'pg'), port: await freePort(), durable: false, password: 'a b/c' });
    running.push(postgres);
    const { Client } = await import('pg');
    const stranger = new Client({ connectionString: postgres.adminUrl.replace(/:[^:@]*@/, ':wrong@') });
    await expect(stranger.connect()).rejects.toThrow(/password authentication failed/);
    await stranger.end();
  });
});
