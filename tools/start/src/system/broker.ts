// The broker: one nats-server, or three of them as a cluster, with the same accounts either way.
import { join } from 'node:path';
import { renderBrokerAccounts } from '@steward/contracts';
import { resolveNats, type Running, startNats } from '@steward/servers';
import { type DataFolder, rememberBrokerNodes } from './data-folder';
import { type BrokerNode, routeOf } from './ports';
import { natsUser, type Surroundings } from './services';

export interface BrokerOptions {
  /** JetStream syncs every message (B1). */
  readonly syncAlways: boolean;
  /** Changes the accounts as nats.conf has them, such as adding one that Steward's processes can't reach. */
  readonly change: (config: string) => string;
  readonly note: (line: string) => void;
  readonly add: (node: BrokerNode, running: Running) => void;
}

/** Starts every node at once: alone, none of a cluster could elect a leader. Answers the version. */
export async function startBroker({ ports, secrets, nodes }: Surroundings, folder: DataFolder, { syncAlways, change, note, add }: BrokerOptions): Promise<string> {
  rememberBrokerNodes(folder.path, nodes.length);
  const binary = await resolveNats(note);
  const config = change(renderBrokerAccounts({ passwordOf: (user) => secrets(natsUser(user)), systemPassword: secrets(natsUser('system')) }));
  const routes = nodes.map((node) => ports[routeOf(node)]);
  const started = await Promise.allSettled(
    nodes.map(async (node) => {
      const running = await startNats({
        // The first one's folder is the same with and without the others.
        dir: join(folder.path, node.replace('nats-server', 'nats')),
        port: ports[node],
        binary,
        syncAlways,
        config,
        ...(nodes.length > 1 ? { node: { name: node, routePort: ports[routeOf(node)], routes } } : {}),
        logFile: folder.logOf(node),
      });
      add(node, running);
    }),
  );
  const failed = started.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return binary.version;
}
