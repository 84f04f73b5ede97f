import { createServer, type Server } from 'node:net';

/** Below 32768, where the kernel gives no outgoing connections: any client could take a port of that range between our look and the server's start. */
const FIRST = 12_000;
const BLOCK = 32;
const BLOCKS = 625;

/** Listens on the port of 127.0.0.1, for this process alone; undefined where something does (or we may not). */
const listenOn = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });

/** Whether something listens on the port of 127.0.0.1 (or may not be listened on by us). */
export async function isTaken(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return true;
  await new Promise((resolve) => server.close(resolve));
  return false;
}

const own: number[] = [];

/**
 * A block's first port is listened on as long as this process lives, and its others belong to who listens there: what
 * is free now is still free when the server that is to have it starts seconds later, whoever else looks for ports meanwhile.
 */
async function takeBlock(): Promise<number[]> {
  for (let attempt = 0; attempt < BLOCKS; attempt += 1) {
    const first = FIRST + BLOCK * Math.floor(Math.random() * BLOCKS);
    const holder = await listenOn(first);
    if (holder === undefined) continue;
    holder.unref();
    return Array.from({ length: BLOCK - 1 }, (_, index) => first + 1 + index);
  }
  throw new Error(`no free block of ports between ${FIRST} and ${FIRST + BLOCK * BLOCKS}`);
}

/** A port nobody listens on, and that no other process is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = own.shift();
    if (port === undefined) own.push(...(await takeBlock()));
    else if (!(await isTaken(port))) return port;
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
