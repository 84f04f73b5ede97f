import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerAccess, renderBrokerAccounts, subjectOf, deadLetter, caseContract, type Contract, type LetterReading } from '@steward/contracts';
import { type Broker, connectBroker, dataSchemaOf, encodeHeaders, RawPublisher } from '@steward/event-bus';
import { createLogger, loadEnv } from '@steward/platform';
import { freePort, type Running, startNats } from '@steward/servers';
import { bearer, eventually, testDatabase, testIssuer, type TestDatabase, type TestIssuer } from '@steward/testing';
import { describedBy } from './fixtures/described.fixture.spec';
import { aCase, aLetter } from './fixtures/told.fixture.spec';
import { operationsEnv } from './operations.env';
import { createOperations, type Operations } from './operations.service';

const logger = createLogger({ service: 'test', level: 'silent' });
const passwordOf = (user: string): string => `password-of-${user}`;

const aReading = (payload: unknown): LetterReading => ({
  letter: aLetter('letter-1'), bodyHash: 'h', attempts: [], headers: [], payload, masked: true, problems: [], forecast: { verdict: 'apply', detail: '' }, current: { source: null, projection: null }, siblings: [],
});

/** The whole process, with the broker's real accounts: others tell, the desk shows and asks. */
describe('the desk', () => {
  let dir: string;
  let nats: Running;
  let database: TestDatabase;
  let issuer: TestIssuer;
  let operations: Operations;
  let start: () => Promise<void>;
  let pim: Broker;
  let publisher: RawPublisher;

  const urlOf = (user: string): string => nats.url.replace('://', `://${user}:${passwordOf(user)}@`);
  let described: ReturnType<typeof describedBy>;
  const said = async (path: string, request: RequestInit) => {
    const response = await fetch(`${operations.apiUrl}/ops/v1${path}`, request);
    const json = (await response.json()) as Record<string, unknown>;
    described({ method: request.method ?? 'GET', path: `/ops/v1${path}`, status: response.status, type: response.headers.get('content-type'), json });
    return json;
  };
  const get = async (path: string) => said(path, { headers: bearer(await issuer.token({ sub: 'ada', steward_roles: ['admin:*'] })) });
  const post = async (path: string, body: object, sub = 'ada', role = 'admin:*') => {
    const headers = { ...bearer(await issuer.token({ sub, steward_roles: [role] })), 'content-type': 'application/json' };
    return said(path, { method: 'POST', headers, body: JSON.stringify({ reason: 'pim has told why', ...body }) });
  };
  const lengthOf = async (path: string): Promise<number> => ((await get(path))['items'] as unknown[]).length;
  const publish = (contract: Contract, key: string, revision: number, data: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const subject = subjectOf(contract, 'pim', key);
      const id = `01890a5d-ac96-774b-bcce-${String(revision).padStart(12, '0')}`;
      const envelope = { id, type: `pim.${contract.entity}.v1`, source: '/steward/pim', subject, key, time: '2026-01-02T03:04:05.000Z', dataSchema: dataSchemaOf(contract), revision, sequence: null, correlationId: null, causationId: null, origin: 'live', tombstone: false, traceparent: null, body: JSON.stringify(data) } as const;
      publisher.publish(subject, encodeHeaders(envelope), envelope.body, (outcome) => (outcome.kind === 'stored' ? resolve(outcome.sequence) : reject(outcome.error)));
    });

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'steward-desk-'));
    nats = await startNats({ dir, port: await freePort(), config: renderBrokerAccounts({ passwordOf, systemPassword: passwordOf('system') }) });
    database = await testDatabase({ migrations: [] });
    issuer = await testIssuer();
    const own = { STEWARD_HEALTH_PORT: '0', STEWARD_OPERATIONS_PORT: '0', STEWARD_LOG_LEVEL: 'silent', STEWARD_MODE: 'test', STEWARD_PROVISIONER_EVERY_MS: '600000' };
    start = async () => {
      operations = await createOperations(loadEnv(operationsEnv, { DATABASE_URL: database.url, NATS_URL: urlOf('operations'), NATS_PROVISIONER_URL: urlOf('provisioner'), ...own, ...issuer.env }));
      await eventually(async () => (await fetch(`${operations.url}/readyz`)).status === 200, { withinMs: 40_000 });
      described = describedBy(await (await fetch(`${operations.apiUrl}/ops/v1/openapi.json`)).json());
    };
    await start();
    pim = await connectBroker({ url: urlOf('pim'), service: 'pim', logger });
    publisher = new RawPublisher({ broker: pim });
  });
  afterAll(async () => {
    await publisher.close();
    await pim.close();
    await operations.stop();
    await issuer.stop();
    await nats.stop();
    await database.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  test('shows the letters and cases that a service tells, and says so to whoever listens', async () => {
    const listen = async (role: string) => {
      const stream = await fetch(`${operations.apiUrl}/ops/v1/events`, { headers: bearer(await issuer.token({ sub: 'ada', steward_roles: [role] })) });
      return stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    };
    const [reader, stranger] = [await listen('viewer:Pricing'), await listen('viewer:Stock')];
    await publish(deadLetter, 'letter-1', 1, aLetter('letter-1', { service: 'pim', consumer: 'pim-feed' }));
    await publish(caseContract, 'case-1', 2, aCase('case-1', { service: 'pim' }));
    await eventually(async () => (await lengthOf('/cases')) === 1 && (await lengthOf('/dead-letter-groups')) === 1);
    let heard = '';
    while (!/event: group/.test(heard) || !/event: case/.test(heard)) heard += (await reader?.read())?.value ?? '';
    expect(heard).toContain('data: {"kind":"case","id":"case-1"}');
    // What is said to somebody else is not heard: the first that the stranger hears is their own.
    await publish(caseContract, 'case-2', 3, aCase('case-2', { service: 'pim', team: 'Stock' }));
    let own = '';
    while (!own.includes('event: case')) own += (await stranger?.read())?.value ?? '';
    expect([own.includes('case-2'), own.includes('case-1')]).toEqual([true, false]);
    await Promise.all([reader?.cancel(), stranger?.cancel()]);
  });

  test('reads a letter through the door of its holder, by the rights of the broker', async () => {
    expect(brokerAccess.find(({ service }) => service === 'operations')?.requests).toContain('rpc.pim.letters');
    expect(await get('/dead-letters/letter-1')).toMatchObject({ live: null, unavailable: { code: 'BROKER_NO_ANSWERER' } });
    const door = pim.nc.subscribe('rpc.pim.letters', {
      callback: (_error, message) => {
        const { id, data } = JSON.parse(new TextDecoder().decode(message.data)) as { id: string; data: unknown };
        message.respond(JSON.stringify({ response: aReading({ asked: data }), isDisposed: true, id }));
      },
    });
    await pim.nc.flush();
    expect(await get('/dead-letters/letter-1')).toMatchObject({ live: { payload: { asked: { ask: 'read', id: 'letter-1', reveal: false } } } });
    door.unsubscribe();
  });

  test('shows what it could not apply itself', async () => {
    await publish(deadLetter, 'letter-2', 4, { ...aLetter('letter-2', { service: 'pim' }), state: 'no state' });
    await eventually(async () => (await lengthOf('/dead-letters?q=service:operations')) === 1);
    expect((await get('/dead-letters?q=service:operations'))['items']).toMatchObject([{ consumer: 'operations-letters', entity: 'dead-letter', key: 'letter-2', state: 'open', owner: { team: 'Platform' } }]);
    // Told right later, it is closed there and here.
    await publish(deadLetter, 'letter-2', 5, aLetter('letter-2', { service: 'pim' }));
    await eventually(async () => (await lengthOf('/dead-letters?q=service:operations%20state:superseded')) === 1);
  });

  test('acts on its own letters like on those of others: read, forecast, retried and edited', async () => {
    const versions = async (): Promise<unknown[]> => (await database.pool.query(`select version::int, told_version::int from dead_letter where key = 'letter-2'`)).rows as unknown[];
    const before = await versions();
    await publish(deadLetter, 'letter-3', 6, { ...aLetter('letter-3', { service: 'pim' }), state: 'no state' });
    const own = async (state: string): Promise<{ letterId: string }[]> => (await get(`/dead-letters?q=${encodeURIComponent(`service:operations key:letter-3 state:${state}`)}`))['items'] as { letterId: string }[];
    await eventually(async () => (await own('open')).length === 1);
    // What was taken over before is left alone.
    expect([await versions(), before]).toEqual([before, [{ version: 2, told_version: 2 }]]);
    const [{ letterId } = { letterId: '' }] = await own('open');
    const read = (await get(`/dead-letters/${letterId}`)) as { live: { bodyHash: string } };
    expect(read).toMatchObject({ unavailable: null, live: { payload: { letterId: 'letter-3' }, problems: [{ pointer: '/state' }], forecast: { verdict: 'conflict' }, current: { projection: { revision: null } } } });
    const ended = async (job: Record<string, unknown>): Promise<Record<string, unknown>> => eventually(async () => {
      const found = await get(`/operations/${String(job['operationId'] ?? job['id'])}`);
      if (found['state'] === 'done') return found;
      throw new Error(JSON.stringify(found));
    });
    // As it is it fails again, and stays.
    expect(await ended(await post('/operations', { kind: 'retry', selection: { letters: [letterId] } }))).toMatchObject({ progress: { failed: 1 } });
    const edit = { patch: [{ op: 'replace', path: '/state', value: 'open' }], bodyHash: read.live.bodyHash };
    expect(await post(`/dead-letters/${letterId}/edit`, { ...edit, dryRun: true })).toMatchObject({ verdict: 'apply' });
    expect(await ended(await post(`/dead-letters/${letterId}/edit`, edit))).toMatchObject({ progress: { confirmed: 1 } });
    await eventually(async () => (await own('redriven')).length === 1);
    expect(await get('/dead-letters/letter-3')).toMatchObject({ letter: { service: 'pim', state: 'open' } });
  });

  test('C6: two editors, a retry of the group and a restart at once on the same letters: each is applied once, and all that was tried is on record (T2)', async () => {
    const broken = (index: number) => publish(deadLetter, `same-${String(index)}`, 100 + index, { ...aLetter(`same-${String(index)}`, { service: 'pim' }), attempts: -1 });
    const mine = async (): Promise<{ letterId: string; key: string; groupId: string }[]> => (await get(`/dead-letters?first=250&q=${encodeURIComponent('service:operations same- state:open')}`))['items'] as never;
    const all = Array.from({ length: 6 }, (_, index) => index);
    for (const index of all) await broken(index);
    await eventually(async () => (await mine()).length === all.length);
    const letters = await mine();
    const edits = await Promise.all(letters.map(async ({ letterId }) => ({ id: letterId, bodyHash: ((await get(`/dead-letters/${letterId}`)) as { live: { bodyHash: string } }).live.bodyHash })));
    const edited = (by: string, attempts: number) => edits.map(({ id, bodyHash }) => post(`/dead-letters/${id}/edit`, { patch: [{ op: 'replace', path: '/attempts', value: attempts }], bodyHash }, by));
    const [retry, ...asked] = await Promise.all([post('/operations', { kind: 'retry', selection: { group: letters[0]?.groupId } }, 'hedy'), ...edited('ada', 1), ...edited('grace', 2)]);
    // It grows after the click, and the process goes while all of them run.
    await broken(all.length);
    await operations.stop();
    await start();
    await eventually(async () => (await mine()).some(({ key }) => key === `same-${String(all.length)}`));
    const jobs = [retry?.['id'], ...asked.map((each) => each['operationId'])].filter((id) => typeof id === 'string');
    expect(jobs.length).toBeGreaterThan(all.length);
    await eventually(async () => (await Promise.all(jobs.map((id) => get(`/operations/${id}`)))).every(({ state }) => state === 'done' || state === 'stopped'));
    const rows = async (text: string): Promise<unknown[]> => (await database.pool.query(text)).rows as unknown[];
    // One application of each, of whichever edit was first; the original, which breaks its contract, was never one of them.
    expect(await rows(`select count(*)::int as n, count(distinct a.letter_id)::int as letters from dead_letter_act a join dead_letter l on l.id = a.letter_id where l.key like 'same-%' and a.verdict = 'apply' and a.patch is not null`)).toEqual([{ n: all.length, letters: all.length }]);
    expect(await rows(`select key, count(*)::int as n from apply_journal where key like 'same-%' group by key having count(*) <> 1`)).toEqual([]);
    expect(await rows(`select state, count(*)::int as n from dead_letter where key like 'same-%' group by state order by state`)).toEqual([{ state: 'open', n: 1 }, { state: 'redriven', n: all.length }]);
    // Every member that a job has settled stands at its letter under the job's own act, with who wanted it.
    expect(await rows(`select m.item from job_member m join job j on j.id = m.job_id join dead_letter l on l.id::text = m.item where l.key like 'same-%' and m.verdict <> 'closed'
      and not exists (select from dead_letter_act a where a.letter_id = l.id and a.act_id like m.job_id || ':%' and a.actor = j.actor)`)).toEqual([]);
    // Only the members of the click were touched.
    expect(await get(`/operations/${String(retry?.['id'])}`)).toMatchObject({ progress: { total: all.length }, newSince: 1 });
    expect(await rows(`select a.act from dead_letter_act a join dead_letter l on l.id = a.letter_id where l.key = 'same-${String(all.length)}'`)).toEqual([]);
  }, 90_000);

  test('opens a case that names the broker when a stream is lost', async () => {
    const provisioner = await connectBroker({ url: urlOf('provisioner'), service: 'provisioner', logger, apiPrefix: '$JS.API' });
    await provisioner.nc.request('$JS.API.STREAM.DELETE.PIM_STATE', '');
    await provisioner.close();
    await eventually(async () => (await lengthOf('/cases?kind=broker-loss')) === 1);
    const [lost] = (await get('/cases?q=kind:broker-loss'))['items'] as unknown as { caseId: string }[];
    expect(lost).toMatchObject({ severity: 'critical', summary: expect.stringContaining('PIM_STATE'), owner: { team: 'Platform' }, detail: { stream: 'PIM_STATE' } });
    expect(await post(`/cases/${lost?.caseId ?? ''}/resolve`, { reason: 'the disk was full' }, 'ada', 'operator:Platform')).toMatchObject({ case: { state: 'resolved', closedBy: 'ada', closedReason: 'the disk was full' } });
  });
});
