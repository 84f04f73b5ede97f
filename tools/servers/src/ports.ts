import { createServer } from 'node:net';

/** Whether something listens on the port of 127.0.0.1 (or may not be listened on by us). */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(false)));
  });
}

const handedOut = new Set<number>();

/**
 * A port nobody listens on. Below 32768, where the kernel gives no outgoing connections: a port of the ephemeral
 * range can be taken by any client between our look and the server's start.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (handedOut.has(port) || (await isTaken(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error('no free port between 12000 and 32000');
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
