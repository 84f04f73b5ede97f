import { HIGHEST_BASE } from './system/ports';

export type Flags = {
  kind: 'run';
  data: string | undefined;
  reset: boolean;
  quiet: boolean;
  portBase: number | undefined;
};
export type Parsed = Flags | { kind: 'help' } | { kind: 'wrong'; line: string };

export const usage = `npm start [-- flags]

Starts Steward on this machine: PostgreSQL, nats-server, stand-in systems of record and every service.

  --data DIR       where databases, streams and logs live (default: .steward in the repository)
  --reset          begin with empty data
  --quiet          no live traffic
  --port-base N    the storefront listens on N, everything else on ports after it (default 4000)
  --help           this page

NATS_SERVER_BIN names a nats-server of yours; OTEL_EXPORTER_OTLP_ENDPOINT sends traces to a collector or Jaeger.
More variables: tools/servers/README.md
`;

const accepted = ['--data', '--reset', '--quiet', '--port-base', '--help'];

function portBase(text: string | undefined): number | string {
  const base = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || base < 1024 || base > HIGHEST_BASE) return `--port-base takes a number from 1024 to ${HIGHEST_BASE}, got ${text ?? 'nothing'}`;
  return base;
}

/** Takes `--flag value` and `--flag=value`; names what it does not know and what it would. */
export function parseFlags(args: readonly string[]): Parsed {
  const flags: Flags = { kind: 'run', data: undefined, reset: false, quiet: false, portBase: undefined };
  const rest = args.flatMap((arg) => (/^--[a-z-]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg]));
  while (rest.length > 0) {
    const flag = rest.shift();
    if (flag === '--help' || flag === '-h') return { kind: 'help' };
    else if (flag === '--reset') flags.reset = true;
    else if (flag === '--quiet') flags.quiet = true;
    else if (flag === '--data') {
      const value = rest.shift();
      if (value === undefined || value === '' || value.startsWith('--')) return { kind: 'wrong', line: '--data needs a folder, for instance --data /tmp/steward' };
      flags.data = value;
    } else if (flag === '--port-base') {
      const base = portBase(rest.shift());
      if (typeof base === 'string') return { kind: 'wrong', line: base };
      flags.portBase = base;
    } else return { kind: 'wrong', line: `unknown argument ${JSON.stringify(flag)}: accepted are ${accepted.join(', ')}` };
  }
  return flags;
}
