import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { ServerFault } from '../fault';
import { isTaken } from '../ports';
import { launch, type Running } from '../process/process';
import { resolveNats, type NatsBinary } from './resolve-nats';

export interface NatsOptions {
  /** Holds the configuration, the log and JetStream's files. */
  dir: string;
  port: number;
  /** Rest of the configuration: accounts and their permissions, as @steward/contracts renders them. */
  config: string;
  /** Every acknowledged message is on the disk (B1); without it the server syncs every two minutes. */
  syncAlways?: boolean;
  /** Makes it a node of a cluster. */
  node?: ClusterNode;
  binary?: NatsBinary;
  logFile?: string;
}

interface ClusterNode {
  /** Unique within the cluster. */
  name: string;
  routePort: number;
  /** Route ports of all nodes, its own included. */
  routes: readonly number[];
}

/** The server greets every connection with INFO, and opens its port only after JetStream has its files open. */
function greets(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (data) => end(data.toString('latin1').startsWith('INFO ')));
  });
}

const configuration = (options: NatsOptions, dir: string): string => `# written at every start
listen: "127.0.0.1:${options.port}"
server_name: "${options.node?.name ?? 'steward'}"
# A client on a busy machine takes longer than the default of two seconds to say who it is.
authorization { timeout: 10 }
jetstream {
  store_dir: ${JSON.stringify(join(dir, 'jetstream'))}
${options.syncAlways === true ? '  sync_interval: always\n' : ''}}
${options.node === undefined ? '' : clusterOf(options.node)}${options.config}
`;

// Nodes reach each other on this machine only. In production routes have TLS and a password of their own.
const clusterOf = ({ routePort, routes }: ClusterNode): string => `cluster {
  name: "steward"
  listen: "127.0.0.1:${routePort}"
  routes: [${routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]
}
`;

function explain(log: string, port: number): string | undefined {
  if (/address already in use/i.test(log)) return `port ${port} for nats-server is taken: stop what uses it, or choose other ports`;
  return undefined;
}

/** A real nats-server with JetStream as a child process on 127.0.0.1. */
export async function startNats(options: NatsOptions): Promise<Running & { readonly version: string }> {
  const dir = resolve(options.dir);
  const binary = options.binary ?? (await resolveNats());
  if (await isTaken(options.port)) throw new ServerFault(`port ${options.port} for nats-server is taken: stop what uses it, or choose other ports`);
  const config = join(dir, 'nats.conf');
  try {
    mkdirSync(join(dir, 'jetstream'), { recursive: true, mode: 0o700 });
    writeFileSync(config, configuration(options, dir), { mode: 0o600 }); // it holds passwords
  } catch (cause) {
    throw new ServerFault(`cannot write to the folder ${dir}: ${(cause as Error).message}`, { cause });
  }
  const running = await launch({
    name: 'nats-server',
    command: binary.path,
    args: ['-c', config],
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
    cwd: dir,
    logFile: options.logFile ?? join(dir, 'nats.log'),
    url: `nats://127.0.0.1:${options.port}`,
    ready: () => greets(options.port),
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    explain: (log) => explain(log, options.port),
  });
  return Object.assign(running, { version: binary.version });
}
