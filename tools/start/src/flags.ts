import { HIGHEST_BASE } from './system/ports';
import { adapters, type AdapterName } from './system/services';

export type Flags = {
  kind: 'run';
  data: string | undefined;
  reset: boolean;
  quiet: boolean;
  portBase: number | undefined;
  cluster: boolean;
  /** Vendors that take the sandbox's place. */
  connectors: Partial<Record<AdapterName, string>>;
};
export type Parsed = Flags | { kind: 'help' } | { kind: 'wrong'; line: string };

export const usage = `npm start [-- flags]

Starts Steward on this machine: PostgreSQL, nats-server, stand-in systems of record and every service.

  --data DIR       where databases, streams and logs live (default: .steward in the repository)
  --reset          begin with a fresh catalogue and empty databases
  --quiet          no live traffic
  --port-base N    the storefront listens on N, everything else on ports after it (default 4000)
  --cluster        three nats-servers with three copies of each stream, as in production (default: one).
                   Needs a --data of its own: the streams of a single server can't join a cluster
  --connector S=V  the adapter of system S uses vendor V, with this shell's variables STEWARD_<V>_…; may be repeated.
                   Needs a --data of its own: data of another vendor must not mix with V's
  --help           this help

NATS_SERVER_BIN names your own nats-server; OTEL_EXPORTER_OTLP_ENDPOINT sends traces to a collector or Jaeger.
More variables: tools/servers/README.md
`;

const accepted = ['--data', '--reset', '--quiet', '--port-base', '--cluster', '--connector', '--help'];

function portBase(text: string | undefined): number | string {
  const base = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || base < 1024 || base > HIGHEST_BASE) return `--port-base takes a number from 1024 to ${HIGHEST_BASE}, got ${text ?? 'nothing'}`;
  return base;
}

/** What the services are started with so that they read these vendors. Every variable of a vendor carries its name. */
export function connectorEnv(connectors: Flags['connectors'], shell: Readonly<Record<string, string | undefined>>): Partial<Record<AdapterName, Record<string, string>>> {
  return Object.fromEntries(
    Object.entries(connectors).map(([system, vendor]) => {
      const prefix = `STEWARD_${vendor.toUpperCase().replaceAll('-', '_')}_`;
      const own = Object.entries(shell).filter((entry): entry is [string, string] => entry[0].startsWith(prefix) && entry[1] !== undefined);
      return [system, { STEWARD_CONNECTOR: vendor, ...Object.fromEntries(own) }];
    }),
  );
}

/** Takes `--flag value` and `--flag=value`; names what it does not know and what it would. */
export function parseFlags(args: readonly string[]): Parsed {
  const flags: Flags = { kind: 'run', data: undefined, reset: false, quiet: false, portBase: undefined, cluster: false, connectors: {} };
  const rest = args.flatMap((arg) => (/^--[a-z-]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg]));
  while (rest.length > 0) {
    const flag = rest.shift();
    if (flag === '--help' || flag === '-h') return { kind: 'help' };
    else if (flag === '--reset') flags.reset = true;
    else if (flag === '--quiet') flags.quiet = true;
    else if (flag === '--cluster') flags.cluster = true;
    else if (flag === '--data') {
      const value = rest.shift();
      if (value === undefined || value === '' || value.startsWith('--')) return { kind: 'wrong', line: '--data needs a folder, for instance --data /tmp/steward' };
      flags.data = value;
    } else if (flag === '--port-base') {
      const base = portBase(rest.shift());
      if (typeof base === 'string') return { kind: 'wrong', line: base };
      flags.portBase = base;
    } else if (flag === '--connector') {
      const [system = '', vendor = ''] = (rest.shift() ?? '').split('=');
      const name = adapters.find((each) => each === system);
      if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(vendor)) return { kind: 'wrong', line: `--connector takes <system>=<vendor>, for instance erp=tryton; systems are ${adapters.join(', ')}` };
      flags.connectors[name] = vendor;
    } else return { kind: 'wrong', line: `unknown argument ${JSON.stringify(flag)}: accepted are ${accepted.join(', ')}` };
  }
  return flags;
}
