import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createLogger } from '@steward/platform';
import { freePort, type Running, startNats } from '@steward/servers';
import { type Certificate, selfSigned } from '@steward/testing';
import { connectBroker } from './connect';

const logger = createLogger({ service: 'test', level: 'silent' });
const config = 'authorization { user: "pim", password: "p" }';

describe('tls:// to the broker', () => {
  const dir = mkdtempSync(join(tmpdir(), 'steward-tls-'));
  const known = getCACertificates('default');
  let certificate: Certificate;
  let encrypted: Running;
  let plain: Running;

  beforeAll(async () => {
    certificate = await selfSigned(dir);
    const tls = `tls { cert_file: ${JSON.stringify(certificate.certFile)}, key_file: ${JSON.stringify(certificate.keyFile)} }\n`;
    [encrypted, plain] = await Promise.all([startNats({ dir: join(dir, 'encrypted'), port: await freePort(), config: tls + config }), startNats({ dir: join(dir, 'plain'), port: await freePort(), config })]);
  });
  afterEach(() => setDefaultCACertificates(known));
  afterAll(async () => {
    await Promise.all([encrypted.stop(), plain.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });

  const connectTo = (server: Running) => connectBroker({ url: server.url.replace('nats://', 'tls://pim:p@'), service: 'pim', logger, firstConnectWithinMs: 0 });

  it('is encrypted where the certificate is trusted', async () => {
    setDefaultCACertificates([...known, certificate.cert]);
    const broker = await connectTo(encrypted);
    expect(broker.nc.info).toMatchObject({ tls_required: true });
    await broker.close();
  });

  it('is refused where it is not', async () => {
    await expect(connectTo(encrypted)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('never goes on in the clear with a server that offers nothing else', async () => {
    await expect(connectTo(plain)).rejects.toMatchObject({ code: expect.stringMatching(/^BROKER_/) as string });
  });
});
