// Every case is a process of its own, on the built package, as a service's main file is.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { OtlpReceiver, eventually, failOnLeaks, testDatabase, type TestDatabase } from '@steward/testing';

const platform = join(__dirname, '..', '..', 'dist');
const head = `require(${JSON.stringify(`${platform}/telemetry/start.js`)}); const p = require(${JSON.stringify(`${platform}/index.js`)});`;
const small = `${head} p.runMain('shop', {}, async () => { const alive = setInterval(() => {}, 1000); p.createLogger({ service: 'shop', level: 'info' }).info('up'); return { stop: async () => { clearInterval(alive); process.stdout.write('stopped\\n'); } }; });`;

class Program {
  output = '';
  errors = '';
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;

  constructor(code: string, env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['-e', code], { env: { PATH: '/bin', ...env }, stdio: ['ignore', 'pipe', 'pipe'], cwd: platform });
    this.child.stdout?.on('data', (text) => (this.output += String(text)));
    this.child.stderr?.on('data', (text) => (this.errors += String(text)));
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  async up(): Promise<this> {
    const look = (): boolean => {
      if (!this.output.includes('"up"')) throw new Error(`not up, exit code ${this.child.exitCode}, output: ${this.output}${this.errors}`);
      return true;
    };
    // A process that loads Nest, TypeORM and the tracing SDK beside other tests has been seen to need more than 10 s.
    await eventually(look, { withinMs: 40_000 });
    return this;
  }
}

describe('runMain', () => {
  const programs: Program[] = [];
  const run = (code: string, env?: Record<string, string>): Program => {
    const program = new Program(code, env);
    programs.push(program);
    return program;
  };
  afterEach(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    await Promise.all(programs.splice(0).map(({ ended }) => ended));
  });
  failOnLeaks();

  it('tells faults of the environment as text on stderr, all of them, and ends with 64', async () => {
    const program = run(`${head} p.runMain('shop', p.serviceEnv, async () => { throw new Error('never'); })`, { STEWARD_LOG_LEVEL: 'loud', STEWARD_MOD: 'test' });
    expect(await program.ended).toEqual({ code: 64, signal: null });
    expect(program.errors).toMatch(/^shop can't start\. ENV_INVALID: 4 faults/);
    expect(program.errors).toContain('did you mean STEWARD_MODE?');
    expect(program.output).toBe('');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('stops on %s and ends with 0', async (signal) => {
    const program = await run(small).up();
    program.child.kill(signal);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('stopped');
  });

  it('ends at once when it is asked a second time while stopping hangs', async () => {
    const program = await run(small.replace('process.stdout.write', 'return new Promise(() => {}); process.stdout.write')).up();
    program.child.kill('SIGTERM');
    await eventually(() => program.output.includes('"stopping"'));
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 1, signal: null });
  });

  it('ends with the code of the error that kept it from starting, and logs the remedy', async () => {
    const program = run(`${head} p.runMain('shop', p.serviceEnv, (env) => p.openDatabase({ url: env.DATABASE_URL, name: 'shop', migrations: [], logger: p.createLogger({ service: 'shop', level: 'info' }) }));`, {
      DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x',
      NATS_URL: 'nats://127.0.0.1:1',
      STEWARD_STARTUP_WAIT_MS: '100',
      STEWARD_MODE: 'development',
    });
    expect(await program.ended).toEqual({ code: 69, signal: null });
    expect(program.output).toMatch(/"level":"fatal".*DATABASE_UNAVAILABLE.*"remedy":"/);
    expect(program.output + program.errors).not.toContain('hunter2');
  });

  it('refuses placeholders and plaintext in production mode, the default, all in one message and without showing one', async () => {
    const program = run(`${head} p.runMain('shop', p.serviceEnv, async () => { process.stdout.write('created'); return { stop: async () => {} }; });`, {
      DATABASE_URL: 'postgres://me:hunter2@db/x',
      NATS_URL: 'nats://me:changeme@broker:4222',
    });
    expect(await program.ended).toEqual({ code: 78, signal: null });
    expect(program.errors).toMatch(/4 settings are not for production[^]*password in DATABASE_URL has 7 characters[^]*DATABASE_URL goes to db in the clear[^]*password in NATS_URL is a placeholder[^]*NATS_URL goes to broker in the clear/);
    expect(program.output + program.errors).not.toMatch(/hunter2|changeme|created/);
  });

  it.each([
    ['an error that reaches the top', "setTimeout(() => { throw new Error('boom'); }, 5);"],
    ['a rejection nobody handles', "Promise.reject(new Error('boom'));"],
  ])('ends with 1 after %s, and the last line says why', async (_name, fault) => {
    const program = run(`${small} ${fault}`);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output.trim().split('\n').at(-1)).toMatch(/"level":"fatal".*boom/);
  });

  it('says what it is and ends, without database, broker or any other setting', async () => {
    const program = run(`${head} p.runMain('shop', p.serviceEnv, async () => { process.stdout.write('created'); return { stop: async () => {} }; }, () => ({ version: p.ambientEnv().STEWARD_VERSION }));`, { STEWARD_DESCRIBE_ONLY: 'true', STEWARD_VERSION: '1.2.3' });
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(JSON.parse(program.output)).toEqual({ version: '1.2.3' });
  });

  it('T1: refuses fault seams outside of test mode, and crashes as by kill -9 inside of it', async () => {
    const through = `${head} p.runMain('shop', {}, async () => { await p.through('commit', async () => process.stdout.write('work done\\n')); return { stop: async () => {} }; });`;
    const refused = run(through, { STEWARD_FAULTS: 'commit=crash-after' });
    expect(await refused.ended).toEqual({ code: 64, signal: null });
    expect(refused.errors).toContain('STEWARD_MODE=test');
    const after = run(through, { STEWARD_FAULTS: 'commit=crash-after', STEWARD_MODE: 'test' });
    const before = run(through, { STEWARD_FAULTS: 'commit=crash-before', STEWARD_MODE: 'test' });
    expect([await after.ended, after.output]).toEqual([{ code: null, signal: 'SIGKILL' }, 'work done\n']);
    expect([await before.ended, before.output]).toEqual([{ code: null, signal: 'SIGKILL' }, '']);
  });

  it('does not load the tracing SDK, Nest or TypeORM for a process that needs none of them', async () => {
    const program = run(`${head} process.stdout.write(String(Object.keys(require.cache).filter((path) => /sdk-trace|@nestjs|node_modules.typeorm/.test(path)).length))`);
    await program.ended;
    expect(program.output).toBe('0');
  });
});

describe('a process that is to migrate and no more', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ migrations: [] });
  });
  afterAll(() => database.drop());

  it('does it, begins nothing else and ends with 0, the second time too', async () => {
    const migration = "class Shelf1 { name = 'Shelf1700000000001'; up(runner) { return runner.query('create table shelf (id int)'); } down() {} }";
    const open = "const db = await p.openDatabase({ url: env.DATABASE_URL, name: 'shop', migrations: [Shelf1], logger: p.createLogger({ service: 'shop', level: 'info' }) })";
    const code = `${head} ${migration}; p.runMain('shop', p.serviceEnv, async (env) => { ${open}; process.stdout.write('begun'); return { stop: db.close }; })`;
    for (const time of ['first', 'second']) {
      const program = new Program(code, { DATABASE_URL: database.url, NATS_URL: 'nats://nobody:x@127.0.0.1:1', STEWARD_MIGRATE_ONLY: 'true', STEWARD_MODE: 'development' });
      expect([time, await program.ended]).toEqual([time, { code: 0, signal: null }]);
      expect(program.output).toContain('migrated, and that was all that was asked');
      expect(program.output).not.toContain('begun');
    }
    expect((await database.pool.query('select from shelf')).rowCount).toBe(0);
  });
});

describe('telemetry', () => {
  let database: TestDatabase;
  let receiver: OtlpReceiver;
  const programs: Program[] = [];
  beforeAll(async () => {
    database = await testDatabase({ migrations: [] });
    receiver = await OtlpReceiver.start();
  });
  afterAll(async () => {
    for (const { child } of programs) child.kill('SIGKILL');
    await receiver.close();
    await database.drop();
  });
  const run = (code: string, env: Record<string, string>): Program => {
    const program = new Program(code, env);
    programs.push(program);
    return program;
  };

  const traced = `${head}
    p.runMain('shop', p.serviceEnv, async (env) => {
      const logger = p.createLogger({ service: 'shop', level: 'info' });
      const database = await p.openDatabase({ url: env.DATABASE_URL, name: 'shop', migrations: [], logger });
      await database.query('select 1');
      class Empty {}
      const service = await p.createService({ name: 'shop', env, logger, module: ({ shutdown }) => (shutdown.onClose('database', database.close), Empty),
        configure: async (app) => { app.getHttpAdapter().get('/hello', async (request, reply) => reply.send(await database.query('select 2'))); } });
      const stored = await p.inSpan('read page', { kind: 'client', attributes: { 'steward.entity': 'product' } }, async () => {
        await database.query('select 3');
        await (await fetch(service.url + '/hello?access_token=hunter2')).text();
        logger.info('inside');
        return p.currentTraceparent();
      });
      await p.inSpan('apply', { kind: 'consumer', parent: stored, links: [stored, null, 'nonsense'] }, async () => { throw new Error('connect postgres://me:hunter2@db'); }).catch(() => undefined);
      await new Promise((resolve) => require('node:http').get(service.url + '/livez', (answer) => answer.resume().on('end', resolve)));
      logger.info({ stored, url: service.url }, 'up');
      return service;
    });`;

  it('carries one trace over span, query, HTTP call and a traceparent that rested as text, and leaves probes and unasked queries out', async () => {
    const program = await run(traced, { DATABASE_URL: database.url, NATS_URL: 'nats://127.0.0.1:1', STEWARD_HEALTH_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }).up();
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const lines = program.output.trim().split('\n').map((line): Record<string, string> => JSON.parse(line));
    const traceId = lines.find(({ message }) => message === 'inside')?.['trace_id'];
    expect(lines.find(({ message }) => message === 'up')?.['stored']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));

    const spans = await eventually(() => receiver.spans.length > 0 && receiver.spans);
    expect(receiver.faults).toEqual([]);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const names = spans.map((span) => span.name).toSorted();
    expect(names).toEqual(expect.arrayContaining(['GET', 'apply', 'read page']));
    expect(names.filter((name) => name.startsWith('pg.query')).length).toBe(2);
    expect(JSON.stringify(spans)).not.toMatch(/livez|hunter2/);
    expect(JSON.stringify(spans)).toContain('shop');
  });

  it('a collector that takes everything and never answers holds up no request, and what it costs is counted', async () => {
    const sockets: Socket[] = [];
    const hole = createServer((socket) => void sockets.push(socket.on('error', () => undefined).resume()));
    await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
    const { port } = hole.address() as AddressInfo;
    // It gives up long after this test: what is answered meanwhile did not wait for it.
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_TIMEOUT: '600000', OTEL_BSP_MAX_QUEUE_SIZE: '40', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20', OTEL_BSP_SCHEDULE_DELAY: '10' };
    const program = await run(traced, { DATABASE_URL: database.url, NATS_URL: 'nats://127.0.0.1:1', STEWARD_HEALTH_PORT: '0', ...env }).up();
    const url = /"url":"(http[^"]+)"/.exec(program.output)?.[1] ?? '';
    await eventually(() => sockets.length > 0);
    for (let each = 0; each < 60; each += 1) expect((await fetch(`${url}/hello`)).status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const count = (outcome: string): number => Number(new RegExp(`^steward_spans_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(metrics)?.[1]);
    // A request is a span of its own and one of its query.
    expect([count('sent'), count('not_delivered'), count('no_room') >= 120 - 40 - 20]).toEqual([0, 0, true]);
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(1);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    hole.close();
  });

  it('whoever began a trace decides whether it is kept: those that come with one are, of those that begin here only some', async () => {
    const code = `${head} Promise.all([null, '00-${'a'.repeat(32)}-${'b'.repeat(16)}-01', '00-${'c'.repeat(32)}-${'d'.repeat(16)}-00'].map((parent) => p.inSpan('work', { parent }, async () => p.currentTraceparent().slice(-2)))).then((flags) => { process.stdout.write(flags.join(' ')); process.exit(0); });`;
    const program = run(code, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    await program.ended;
    expect(program.output).toBe('00 01 00');
  });

  it('does not hold up the end of a process when no collector listens', async () => {
    const program = await run(traced, { DATABASE_URL: database.url, NATS_URL: 'nats://127.0.0.1:1', STEWARD_HEALTH_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }).up();
    const began = performance.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
