import { eventually, failOnLeaks } from '@steward/testing';
import type { DynamicModule } from '@nestjs/common';
import { errorTable } from '../errors/table';
import { createLogger } from '../log/logger';
import { createService, type Runtime, type Service, type ServiceSpec } from './create-service';

const logger = createLogger({ service: 'test', level: 'silent' });
const env = { STEWARD_HEALTH_PORT: 0, STEWARD_HEALTH_HOST: '127.0.0.1', STEWARD_LOG_LEVEL: 'silent' } as const;
class Empty {}

describe('createService', () => {
  const services: Service[] = [];
  const create = async (more: Partial<ServiceSpec> = {}): Promise<Service> => {
    const service = await createService({ name: 'test', env, logger, module: () => Empty, ...more });
    services.push(service);
    return service;
  };
  // Nest itself is loaded by the first service; what it keeps is not a leak of ours.
  beforeAll(async () => (await createService({ name: 'first', env, logger, module: () => Empty })).stop());
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
  failOnLeaks();

  const get = async (url: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(url, { headers: { connection: 'close' } });
    return { status: response.status, body: await response.json() as Record<string, unknown> };
  };

  it('is alive, started and ready once it has nothing against it', async () => {
    const { url } = await create();
    expect(await Promise.all(['livez', 'startupz', 'readyz'].map(async (probe) => (await get(`${url}/${probe}`)).status))).toEqual([200, 200, 200]);
  });

  it('says on /readyz which checks are against it and why, while /livez stays well', async () => {
    const { url, runtime } = await create();
    let broker: string | undefined = 'stream PIM_STATE is missing';
    runtime.readiness.add('database', () => undefined);
    runtime.readiness.add('broker', () => broker);
    runtime.readiness.add('broken', () => {
      throw new Error('check failed');
    });
    expect(await get(`${url}/readyz`)).toMatchObject({
      status: 503,
      body: { status: 'error', reasons: { broker: 'stream PIM_STATE is missing', broken: 'check failed' }, details: { database: { status: 'up' }, broker: { status: 'down' } } },
    });
    expect((await get(`${url}/livez`)).status).toBe(200);
    broker = undefined;
    runtime.readiness.remove('broken');
    expect((await get(`${url}/readyz`)).status).toBe(200);
  });

  it('answers probes while its transports still start, and says that it is starting', async () => {
    let proceed: () => void = () => undefined;
    let url = '';
    const starting = create({
      configure: async (app) => {
        app.connectMicroservice({
          strategy: {
            listen: (done: () => void) => {
              proceed = done;
              void app.getUrl().then((text) => (url = text));
            },
            close: () => undefined,
            on: () => undefined,
            unwrap: () => undefined,
          },
        });
      },
    });
    await eventually(() => url);
    const probes = await Promise.all(['livez', 'readyz', 'startupz'].map((probe) => get(`${url}/${probe}`)));
    proceed();
    expect(probes).toMatchObject([{ status: 200 }, { status: 503 }, { status: 503, body: { reasons: { startup: 'still starting' } } }]);
    await starting;
    expect((await get(`${url}/startupz`)).status).toBe(200);
  });

  it('answers what it has no route for, and what it can not read, as a problem that names what is accepted', async () => {
    const { url } = await create({ configure: async (app) => void app.getHttpAdapter().post('/hook', (_request: unknown, reply: { send: (body: unknown) => void }) => reply.send({})) });
    const routes = 'GET /livez, GET /startupz, GET /readyz, GET /metrics, POST /hook';
    for (const [method, path] of [['GET', '/health'], ['POST', '/livez'], ['GET', '/%zz']] as const) {
      const response = await fetch(url + path, { method, headers: { connection: 'close' } });
      expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([404, expect.stringMatching(/^application\/problem\+json\b/), 'no-store']);
      expect(await response.json()).toEqual({
        type: 'urn:steward:error:SERVICE_ROUTE_UNKNOWN',
        title: errorTable.SERVICE_ROUTE_UNKNOWN.meaning,
        status: 404,
        code: 'SERVICE_ROUTE_UNKNOWN',
        detail: `${method} ${path}`,
        errors: [{ pointer: '/path', detail: `${method} ${path}`, accepted: routes }],
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      });
    }
    const unread = await fetch(`${url}/hook`, { method: 'POST', body: '{', headers: { 'content-type': 'application/json', connection: 'close' } });
    expect(await unread.json()).toMatchObject({ status: 400, code: 'SERVICE_REQUEST_REFUSED', errors: [{ pointer: '' }] });
  });

  it('answers what a route throws as a problem that says nothing of the inside', async () => {
    const { url } = await create({
      configure: async (app) => {
        app.getHttpAdapter().get('/fails', () => {
          throw new Error('password=secret');
        });
      },
    });
    const failed = await get(`${url}/fails`);
    expect(failed).toMatchObject({ status: 500, body: { code: 'SERVICE_FAILED', errors: [] } });
    expect(JSON.stringify(failed)).not.toContain('secret');
  });

  it('serves /metrics in the format of Prometheus', async () => {
    const response = await fetch(`${(await create()).url}/metrics`, { headers: { connection: 'close' } });
    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(await response.text()).toContain('process_resident_memory_bytes');
  });

  it('lets go in order: not ready, drain, modules, HTTP, close; the last registered first, once, and past a step that fails', async () => {
    const order: string[] = [];
    let url = '';
    const module = ({ readiness, shutdown }: Runtime): DynamicModule => {
      shutdown.onClose('database', () => void order.push('close database'));
      shutdown.onClose('broker', () => void order.push('close broker'));
      shutdown.onDrain('relay', () => void order.push(`drain relay, ready: ${Object.keys(readiness.reasons()).length === 0}`));
      shutdown.onDrain('faulty', () => Promise.reject(new Error('in the step')));
      shutdown.onDrain('consumer', async () => void order.push(`drain consumer, aborted: ${shutdown.signal.aborted}, probe: ${(await get(`${url}/readyz`)).status}`));
      const hooks = { onModuleDestroy: () => void order.push('module destroyed'), onApplicationShutdown: () => void order.push('module shut down') };
      return { module: Empty, providers: [{ provide: 'hooks', useValue: hooks }] };
    };
    const service = await create({ module });
    url = service.url;
    await Promise.all([service.stop(), service.stop()]);
    const place = (text: string): number => order.findIndex((each) => each.startsWith(text));
    expect(order).toContain('drain consumer, aborted: true, probe: 503');
    expect(order).toContain('drain relay, ready: false');
    expect(order.filter((each) => /^(drain|close)/.test(each)).map((each) => each.split(',')[0])).toEqual(['drain consumer', 'drain relay', 'close broker', 'close database']);
    expect(place('close broker')).toBeGreaterThan(place('module destroyed'));
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });

  it('closes what was opened when it fails to start, and throws why', async () => {
    const closed: string[] = [];
    const failing = create({
      module: ({ shutdown }) => {
        shutdown.onClose('database', () => void closed.push('database'));
        return { module: Empty, providers: [{ provide: 'late', useFactory: () => Promise.reject(new Error('no broker')) }] };
      },
    });
    await expect(failing).rejects.toThrow('no broker');
    expect(closed).toEqual(['database']);
  });

  it('can be created many times at once in one process', async () => {
    const created = await Promise.all(Array.from({ length: 5 }, (_, i) => create({ module: ({ readiness }) => (readiness.add(`own ${i}`, () => `reason ${i}`), Empty) })));
    const reasons = await Promise.all(created.map(async ({ url }) => (await get(`${url}/readyz`)).body['reasons']));
    expect(reasons).toEqual(created.map((_, i) => ({ [`own ${i}`]: `reason ${i}` })));
  });

  it('keeps the bytes of a request body as they came, for signatures', async () => {
    let raw: Buffer | undefined;
    const service = await create({
      configure: async (app) => {
        app.getHttpAdapter().post('/hook', (request: { rawBody?: Buffer; body: unknown }, reply: { send: (body: unknown) => void }) => {
          raw = request.rawBody;
          reply.send(request.body);
        });
      },
    });
    const sent = '{ "a":   1 }';
    const response = await fetch(`${service.url}/hook`, { method: 'POST', body: sent, headers: { 'content-type': 'application/json', connection: 'close' } });
    expect([raw?.toString(), await response.json()]).toEqual([sent, { a: 1 }]);
  });
});
