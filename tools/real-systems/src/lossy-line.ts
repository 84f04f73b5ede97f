/** A TCP line to a system of record on which requests and answers get lost, as on a network that breaks at the wrong moment. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * request: it never arrives. answer: it arrives, is worked at, and the connection is gone when the system answers.
 * silence: as with the answer, but nobody is told: the one who asked waits.
 */
type Loss = 'request' | 'answer' | 'silence';

export interface LossyLine {
  readonly url: string;
  /** What befalls the next requests of interest, one each. */
  lose(...losses: Loss[]): void;
  /** Requests of interest that have arrived. */
  readonly passed: number;
  /** What has been lost so far. */
  readonly lost: number;
  stop(): Promise<void>;
}

/** `interest`: text of the requests that may get lost. */
export async function openLine(port: number, interest: string): Promise<LossyLine> {
  const losses: Loss[] = [];
  const open = new Set<Socket>();
  const counts = { passed: 0, lost: 0 };
  const server = createServer((client) => {
    const system = connect({ host: '127.0.0.1', port });
    let loss: Loss | undefined;
    const hangUp = (): void => {
      client.destroy();
      system.destroy();
    };
    for (const socket of [client, system]) {
      open.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => {
        open.delete(socket);
        // The system hangs up after some idle seconds, which is not to be heard in a silence.
        if (socket === client || loss !== 'silence') hangUp();
      });
    }
    const lose = (): void => {
      counts.lost += 1;
      if (loss !== 'silence') hangUp();
    };
    client.on('data', (chunk) => {
      if (chunk.includes(interest)) {
        loss = losses.shift();
        if (loss === 'request') return lose();
        counts.passed += 1;
      }
      system.write(chunk);
    });
    system.on('data', (chunk) => {
      if (loss === undefined) client.write(chunk);
      else lose();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (...more) => void losses.push(...more),
    get passed() {
      return counts.passed;
    },
    get lost() {
      return counts.lost;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
