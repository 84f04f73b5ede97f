// The whole of Steward on this machine as one object: real servers, every service as its own process.
//
// 1. Order of start: servers, databases, provisioner, everything else at once. Order of stop: the reverse of the straight
//    line, so that nobody is asked by a process that is still at work after the asked one is gone.
// 2. A start that fails half-way stops what it started.
// 3. Nothing here decides about data: whatever is killed here must come back right by its own rules.
import { join } from 'node:path';
import { ServerFault, isTaken, launch, startPostgres, type Running, type RunningPostgres } from '@steward/servers';
import { isReady, reasonsOf } from '../clients/health.client';
import { sandboxControl, type SandboxControl } from '../clients/sandbox.client';
import { startBroker } from './broker';
import { openDataFolder } from './data-folder';
import { createDatabases, type DatabaseOwner } from './databases';
import { brokerNodes, type Ports } from './ports';
import { Processes, type Started } from './processes';
import { openSecrets } from './secrets';
import { databaseRole, databaseUrl, natsUrl, servicesOf, type Service, type ServiceName, type Surroundings } from './services';
import type { Note } from './supervisor';

export interface SystemOptions {
  dataDir: string;
  ports: Ports;
  reset?: boolean;
  /** false: nothing is synced to disk (tests that kill no server). */
  durable?: boolean;
  /** 'test' switches on fault seams and the apply journal. */
  mode?: 'development' | 'test';
  /** JetStream syncs every message (B1). */
  syncAlways?: boolean;
  /** Three nodes with three copies of each stream, as in production; else one. */
  cluster?: boolean;
  /** Crashed processes are started again; false leaves that to the test. */
  supervised?: boolean;
  /** Extra environment of single services. */
  env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Services that are not started. */
  without?: readonly ServiceName[];
  /** Changes the broker's accounts as nats.conf has them, such as adding one that Steward's processes can't reach. */
  brokerConfig?: (config: string) => string;
  /** In 'test' mode what nobody asked for is told in any case: why a process ended, or did not start. */
  note?: Note;
}

export interface System {
  readonly ports: Ports;
  readonly gatewayUrl: string;
  /** Of the API of operations. */
  readonly operationsUrl: string;
  readonly sandbox: SandboxControl;
  readonly adminUrl: string;
  readonly natsVersion: string;
  readonly postgresFolder: string;
  readonly dataDir: string;
  readonly processes: Readonly<Partial<Record<Started, Running>>>;
  /** A process that was started, or an error that names it. */
  process(name: Started): Running;
  /**
   * As production rolls a service: a successor beside it, on these ports, ready before it is returned. From now on it is the process of this
   * name; whoever asked for it ends its predecessor.
   */
  succeed(name: ServiceName, moved: Partial<Ports>): Promise<Running>;
  /** These are gone at once, and stay so: nothing starts them again, as it would start what crashed. */
  takeDown(names: readonly Started[]): Promise<void>;
  /** All of these at once, each tried again when it fails to start: as a cluster starts what it lost. */
  bringBack(names: readonly Started[]): Promise<void>;
  databaseUrl(owner: DatabaseOwner): string;
  natsUrl(user: string): string;
  stop(): Promise<void>;
}

const root = join(__dirname, '../../../..');

/** What services inherit: where programs are, and how telemetry leaves. Nothing of ours from the caller's shell. */
function inherited(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith('OTEL_'));
  return Object.fromEntries(['PATH', 'HOME', 'TZ', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS', ...names].map((name) => [name, process.env[name]]));
}

async function portsFree(ports: Ports, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (const [name, port] of Object.entries(ports)) {
    while (await isTaken(port)) {
      if (Date.now() > deadline) throw new ServerFault(`port ${port} (${name}) is taken: stop what uses it, or move all ports with --port-base N`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const startService = (service: Service, options: SystemOptions, logFile: string): Promise<Running> =>
  launch({
    name: service.name,
    command: process.execPath,
    args: ['--enable-source-maps', join(root, service.entry)],
    env: { ...inherited(), ...service.env, ...options.env?.[service.name] },
    cwd: root,
    logFile,
    url: service.url,
    ready: () => isReady(service.url),
    readyWithinMs: 60_000,
    reason: () => reasonsOf(service.url),
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
  });

const tellUnasked: Note = (line, unasked = false) => void (unasked && process.stdout.write(`${line}\n`));

export async function startSystem(options: SystemOptions): Promise<System> {
  const { ports, note = options.mode === 'test' ? tellUnasked : () => undefined, supervised = true, brokerConfig = (config) => config } = options;
  const folder = openDataFolder(options.dataDir, { reset: options.reset ?? false });
  const processes = new Processes({ note, supervised });
  const stop = async (): Promise<void> => {
    await processes.stop();
    folder.release();
  };

  const startServers = async (around: Surroundings): Promise<{ postgres: RunningPostgres; natsVersion: string }> => {
    const [postgres, broker] = await Promise.allSettled([
      startPostgres({
        dir: join(folder.path, 'postgres'),
        port: ports.postgres,
        durable: options.durable ?? true,
        password: around.secrets('postgres'),
        logFile: folder.logOf('postgres'),
      }).then((running) => processes.add('postgres', running)),
      startBroker(around, folder, { syncAlways: options.syncAlways ?? false, change: brokerConfig, note, add: processes.add }),
    ]);
    if (postgres.status === 'rejected') throw postgres.reason;
    if (broker.status === 'rejected') throw broker.reason;
    return { postgres: postgres.value, natsVersion: broker.value };
  };

  try {
    // Processes of a system that was killed with -9 are being stopped by its guard: wait for their ports.
    await portsFree(ports, folder.takenOver ? 10_000 : 0);
    const around: Surroundings = { ports, secrets: openSecrets(folder.path), dataDir: folder.path, mode: options.mode ?? 'development', nodes: options.cluster === true ? brokerNodes : ['nats-server'] };
    note('starting PostgreSQL and nats-server');
    const { postgres, natsVersion } = await startServers(around);
    await createDatabases(postgres.adminUrl, (role) => around.secrets(databaseRole(role)));
    const [provisioner, ...others] = servicesOf(around).filter(({ name }) => options.without?.includes(name) !== true);
    const start = async (service: Service): Promise<void> => void processes.add(service.name, await startService(service, options, folder.logOf(service.name)));
    note('starting services');
    if (provisioner !== undefined) await start(provisioner);
    const started = await Promise.allSettled(others.map(start));
    const failed = started.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return {
      ports,
      gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
      operationsUrl: `http://127.0.0.1:${ports.desk}`,
      sandbox: sandboxControl(`http://127.0.0.1:${ports.sandbox}`),
      adminUrl: postgres.adminUrl,
      natsVersion,
      postgresFolder: postgres.folder,
      dataDir: folder.path,
      processes: processes.running,
      process: (name) => processes.get(name),
      succeed: async (name, moved) => {
        const service = servicesOf({ ...around, ports: { ...ports, ...moved } }).find((each) => each.name === name);
        if (service === undefined) throw new Error(`${name} is no service`);
        return processes.replace(name, await startService(service, options, folder.logOf(name)));
      },
      takeDown: (names) => processes.takeDown(names),
      bringBack: (names) => processes.bringBack(names),
      databaseUrl: (owner) => databaseUrl(around, owner),
      natsUrl: (user) => natsUrl(around, user),
      stop,
    };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

