import { connectorEnv, parseFlags, usage } from './flags';
import { HIGHEST_BASE, portsFrom } from './system/ports';

describe('flags of npm start', () => {
  it('take a value after a space or an equals sign', () => {
    const wanted = { kind: 'run', data: '/tmp/x', reset: true, quiet: true, portBase: 5000, cluster: false, connectors: {} };
    expect(parseFlags(['--data', '/tmp/x', '--reset', '--quiet', '--port-base', '5000'])).toEqual(wanted);
    expect(parseFlags(['--data=/tmp/x', '--reset', '--quiet', '--port-base=5000'])).toEqual(wanted);
    expect(parseFlags([])).toEqual({ kind: 'run', data: undefined, reset: false, quiet: false, portBase: undefined, cluster: false, connectors: {} });
    expect(parseFlags(['--cluster'])).toMatchObject({ cluster: true });
  });

  it.each([
    [['--nope'], 'unknown argument "--nope": accepted are --data, --reset, --quiet, --port-base, --cluster, --connector, --help'],
    [['data'], 'unknown argument "data"'],
    [['--data'], '--data needs a folder'],
    [['--data', '--reset'], '--data needs a folder'],
    [['--connector', 'psp=acme'], '--connector takes <system>=<vendor>, for instance erp=tryton; systems are pim, erp, crm, oms, pricing'],
    [['--connector'], '--connector takes'],
    [['--port-base'], '--port-base takes a number'],
    [['--port-base', '80'], 'got 80'],
    [['--port-base', '4e3'], 'got 4e3'],
    [['--port-base', String(HIGHEST_BASE + 1)], `from 1024 to ${HIGHEST_BASE}`],
  ])('refuse %j in one line', (args, line) => {
    const parsed = parseFlags(args);
    expect(parsed).toMatchObject({ kind: 'wrong', line: expect.stringContaining(line) as string });
    expect((parsed as { line: string }).line).not.toContain('\n');
  });

  it('name vendors by their systems, and hand on the variables that carry their names', () => {
    const parsed = parseFlags(['--connector', 'erp=tryton', '--connector=pim=acme-pim']);
    expect(parsed).toMatchObject({ connectors: { erp: 'tryton', pim: 'acme-pim' } });
    const shell = { STEWARD_ACME_PIM_URL: 'http://acme', STEWARD_TRYTON_USER: 'me', STEWARD_OTHER: 'x', PATH: '/bin' };
    expect(connectorEnv({ pim: 'acme-pim' }, shell)).toEqual({ pim: { STEWARD_CONNECTOR: 'acme-pim', STEWARD_ACME_PIM_URL: 'http://acme' } });
  });

  it('are all on the help page', () => {
    expect(parseFlags(['--help'])).toEqual({ kind: 'help' });
    for (const flag of ['--data', '--reset', '--quiet', '--port-base', '--cluster', '--connector', '--help']) expect(usage).toContain(flag);
  });
});

describe('ports', () => {
  it('move as one block and stay distinct and valid', () => {
    expect(portsFrom()).toMatchObject({ gateway: 4000, sandbox: 4200, postgres: 4332, 'nats-server': 4322, pim: 4301 });
    const highest = Object.values(portsFrom(HIGHEST_BASE));
    expect(Math.max(...highest)).toBe(65_535);
    expect(new Set(highest).size).toBe(highest.length);
  });
});
