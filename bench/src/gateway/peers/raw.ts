// The least that an HTTP server in Node can do: the right bytes out of a map.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KnownAnswer {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

process.once('message', (known: KnownAnswer[]) => {
  const answers = new Map(known.map(({ path, headers, body }) => [path, { headers: { ...headers, 'content-length': String(body.length) }, body }]));
  const answer = (path: string, response: ServerResponse): void => {
    const found = answers.get(path);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, found.headers).end(found.body);
  };
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const { url = '' } = request;
    if (request.method === 'GET') return answer(url, response);
    // What was sent is read, as every server must.
    request.on('end', () => answer(url, response)).resume();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.on('disconnect', () => process.exit());
