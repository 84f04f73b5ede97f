import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { guardedAgent, isRefusedAddress } from './guarded-connect.client';

describe('connections to addresses from the settings', () => {
  let server: Server;
  let port = 0;
  beforeAll(async () => {
    server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await guardedAgent.close();
    await new Promise((done) => server.close(done));
  });

  it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16', '239.1.2.3', 'ff02::1', '255.255.255.255'])('do not go to %s', (address) => {
    expect(isRefusedAddress(address)).toBe(true);
  });

  it.each(['127.0.0.1', '10.1.2.3', '192.168.1.1', '172.16.0.9', 'fd12::1', '8.8.8.8', '2606:4700::1111', '::1'])('go to %s', (address) => {
    expect(isRefusedAddress(address)).toBe(false);
  });

  it('are refused before a packet is sent, also in other spellings', async () => {
    for (const url of ['http://169.254.169.254/latest/meta-data', 'http://[::ffff:a9fe:a9fe]/', 'http://2852039166/', 'http://0xa9.0xfea9fe/']) {
      await expect(request(url, { dispatcher: guardedAgent })).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    }
  });

  it('are made to names and addresses of one’s own network', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const { body } = await request(`http://${host}:${port}/`, { dispatcher: guardedAgent });
      expect(await body.text()).toBe('here');
    }
  });
});
