/** A proxy between a connector and its system: sees every request, and may answer in the system's place. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TapRequest {
  /** On the monotonic clock. */
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface TapAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What comes instead of the system's own answer; `pass` asks the system. */
export type Lever = (request: TapRequest, pass: () => Promise<TapAnswer>) => TapAnswer | 'hang' | 'drop' | Promise<TapAnswer | 'hang' | 'drop'>;

export class Tap {
  readonly requests: TapRequest[] = [];
  url = '';
  private lever: Lever | undefined;

  private constructor(
    private readonly target: string,
    private readonly server: Server,
  ) {}

  static async open(target: string): Promise<Tap> {
    const server = createServer((incoming, response) => {
      tap.serve(incoming, response).catch(() => response.destroy());
    });
    const tap = new Tap(target, server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tap.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return tap;
  }

  /** For every request from now on; undefined lets all pass, and drops what hangs. */
  play(lever: Lever | undefined): void {
    this.lever = lever;
    if (lever === undefined) for (const end of this.hanging.splice(0)) end();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private readonly hanging: (() => void)[] = [];

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const request = { at: performance.now(), method, path, headers, body: Buffer.concat(parts).toString() };
    this.requests.push(request);
    const pass = (): Promise<TapAnswer> => forward(this.target, request);
    const answer = this.lever === undefined ? await pass() : await this.lever(request, pass);
    if (answer === 'hang') this.hanging.push(() => response.destroy());
    else if (answer === 'drop') response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

/** These speak of one connection, or of a body that is text by now. */
const ownHeaders = ['host', 'connection', 'content-length', 'content-encoding', 'transfer-encoding', 'keep-alive'];
const withoutOwn = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.includes(name)));

async function forward(target: string, { method, path, headers, body }: TapRequest): Promise<TapAnswer> {
  const answer = await fetch(new URL(path, target), { method, headers: withoutOwn(headers), ...(body === '' ? {} : { body }) });
  return { status: answer.status, headers: withoutOwn(Object.fromEntries(answer.headers)), body: await answer.text() };
}
