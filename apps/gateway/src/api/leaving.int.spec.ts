import fastify from 'fastify';
import { Leaving } from './leaving';

test('C10: who comes while the storefront leaves is answered and told to close; then nobody is listening any more', async () => {
  const app = fastify({ forceCloseConnections: 'idle' });
  const leaving = new Leaving(app);
  app.get('/', async () => 'here');
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const ask = async (): Promise<[number, string | null]> => {
    const answer = await fetch(url);
    await answer.text();
    return [answer.status, answer.headers.get('connection')];
  };
  expect(await ask()).toEqual([200, 'keep-alive']);
  const closed = leaving.close();
  // The first over the connection that was kept, the second over a new one: it still listens.
  expect(await ask()).toEqual([200, 'close']);
  expect(await ask()).toEqual([200, 'close']);
  await closed;
  await expect(ask()).rejects.toThrow('fetch failed');
});
