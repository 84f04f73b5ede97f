/** I5: a record that can't be told in the words of its contract costs only its own key, and is found with its owner, at a terminal too. */
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commands, type Given, run } from '@steward/cli';
import { eventually } from '@steward/testing';
import { Client } from 'pg';
import { readProduct } from '../clients/gateway.client';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';

const root = join(__dirname, '..', '..', '..', '..');
const services = ['pim', 'erp', 'crm', 'oms', 'pricing', 'operations', 'reconciliation', 'gateway-projector', 'gateway-api'] as const;

const label = (title: string): object => ({ en: { title, urlKey: 'x' } });
const oddKeys = ['a.b', 'a*', '>', 'two words', 'nuß', '💡', 'x'.repeat(180)];

describe('poison in the PIM', () => {
  const dataDir = scratchFolder('poison');
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test' });
  }, 120_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const plant = (id: string, record: object): Promise<void> => system.sandbox.put('pim/products', { id, ...record }, 'unchecked=true');

  async function letters(): Promise<{ key: string | null; class: string; team: string }[]> {
    const client = new Client({ connectionString: system.databaseUrl('pim') });
    await client.connect();
    const { rows } = await client.query<{ key: string | null; class: string; team: string }>(`select key, class, owner->>'team' as team from dead_letter where state = 'open'`);
    await client.end();
    return rows;
  }

  /** What the desk of operations shows to whoever owns it. */
  async function atTheDesk(path: string, role = 'viewer:Catalogue'): Promise<{ key: string; state: string; owner: { team: string } }[]> {
    const asked = await fetch(`${system.sandbox.url}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: 'ada', audience: 'operations', roles: [role] }) });
    const { token } = (await asked.json()) as { token: string };
    const answer = await fetch(`${system.operationsUrl}/ops/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    return ((await answer.json()) as { items: { key: string; state: string; owner: { team: string } }[] }).items;
  }

  it('costs only its own key and becomes a dead letter with an owner', async () => {
    await plant('wrong-type', { labels: 'no object' });
    await plant('unknown-enum', { state: 'frozen', labels: label('Frozen') });
    await plant('too-large', { labels: label('L'.repeat(1_150_000)) });
    await plant('with-nul', { labels: label('N\u0000L') });
    await plant('key-with-\u0000', { labels: label('Null') });
    for (const key of oddKeys) await plant(key, { sku: key, state: 'published', categories: [], manufacturer: null, labels: label(`Odd ${key.slice(0, 10)}`), specs: {}, pictures: [], options: [] });
    await plant('sound', { sku: 'sound', state: 'published', categories: [], manufacturer: null, labels: label('Sound'), specs: {}, pictures: [], options: [] });

    for (const key of [...oddKeys, 'sound']) await eventually(async () => (await readProduct(system.gatewayUrl, key))?.id === key, { withinMs: 60_000 });
    const poisoned = ['wrong-type', 'unknown-enum', 'too-large', 'with-nul'];
    const found = await eventually(async () => {
      const open = await letters();
      return poisoned.every((key) => open.some((letter) => letter.key === key)) && open;
    });
    expect(found.filter(({ key }) => poisoned.includes(String(key))).map(({ team }) => team)).toEqual(poisoned.map(() => 'Catalogue'));
    for (const key of poisoned) expect(await readProduct(system.gatewayUrl, key)).toBeUndefined();
    await eventually(async () => {
      const shown = await atTheDesk('/dead-letters?state=open');
      return poisoned.every((key) => shown.some((letter) => letter.key === key && letter.owner.team === 'Catalogue'));
    });
    expect(await atTheDesk('/dead-letters', 'viewer:Pricing')).toEqual([]);
  }, 120_000);

  /** A fresh change speaks for itself; what keeps a promise of an hour ago is that its feed, once it is heard, says nothing has changed. */
  async function asOfAnHourAgo(skus: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: system.databaseUrl('gateway') });
    await client.connect();
    await eventually(async () => (await client.query(`select from feed_progress where entity = 'stock-level'`)).rowCount === 1, { withinMs: 60_000 });
    await client.query(
      `update document set revision = revision + 1, availability = (select json_agg(each::jsonb || jsonb_build_object('changedAt', (each ->> 'changedAt')::float8 - 3600000)) from json_array_elements(availability) each) where product_id = any($1::text[])`,
      [skus],
    );
    await client.query(`select pg_notify('document', '{"change":0}')`);
    await client.end();
  }

  it('C5: puts the promise of its own key in doubt and nobody else’s, until the record is mended', async () => {
    const [parked, steady] = ['two words', 'nuß'] as const;
    const count = (sku: string, quantity: unknown): Promise<void> => system.sandbox.put('erp/stock', { id: `${sku}@main`, item: sku, warehouse: 'main', quantity, buffer: 0, orderable: false }, 'unchecked=true');
    const shown = async (sku: string) => (await readProduct(system.gatewayUrl, sku))?.availability;
    const shows = (sku: string, promise: object) => eventually(async () => (expect(await shown(sku)).toMatchObject(promise), true), { withinMs: 60_000 });
    const sure = (quantity: number) => ({ state: 'IN_STOCK', quantity, stale: false });
    for (const sku of [parked, steady]) await count(sku, 9);
    for (const sku of [parked, steady]) await shows(sku, sure(9));
    await asOfAnHourAgo([parked, steady]);
    await count(parked, 'nine');
    await shows(parked, { state: 'UNKNOWN', quantity: null, stale: true });
    expect(await shown(steady)).toMatchObject(sure(9));
    await count(parked, 8);
    await shows(parked, sure(8));
    expect(await shown(steady)).toMatchObject(sure(9));
  }, 120_000);

  const tokenOf = async (roles: readonly string[]): Promise<string> => {
    const answer = await fetch(`${system.sandbox.url}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: 'ada', audience: 'operations', roles }) });
    return ((await answer.json()) as { token: string }).token;
  };
  async function steward<T>(token: string, ...args: string[]): Promise<{ code: number; answer: T; err: string }> {
    let out = '';
    let err = '';
    const code = await run(['-o', 'json', ...args], { env: { STEWARD_OPERATIONS_URL: system.operationsUrl, STEWARD_TOKEN: token }, out: (text) => (out += text), err: (text) => (err += text), signal: new AbortController().signal, repository: () => Promise.resolve(1) });
    return { code, answer: (out === '' ? {} : JSON.parse(out)) as T, err };
  }

  it('is triaged at a terminal: found by its cause, taken, traced, written down', async () => {
    const admin = await tokenOf(['admin:*']);
    type Groups = { items: { id: string; open: number; owner: { team: string }; state: string }[] };
    const groups = await eventually(async () => {
      const { answer } = await steward<Groups>(admin, 'dlq', 'list', '--q', 'state:open owner:Catalogue');
      return answer.items.reduce((sum, { open }) => sum + open, 0) >= 4 && answer.items;
    });
    const id = groups[0]?.id ?? '';
    expect(await steward(admin, 'dlq', 'acknowledge', id, '--reason', 'the PIM team looks at it')).toMatchObject({ code: 0, answer: { group: { id, state: 'acknowledged' } } });
    expect((await steward(await tokenOf(['viewer:Catalogue']), 'dlq', 'acknowledge', id, '--reason', 'me too')).code).toBe(5);
    const traced = await steward<{ timeline: { service: string }[] }>(admin, 'trace', '--sku', 'sound');
    expect(new Set(traced.answer.timeline.map(({ service }) => service))).toEqual(new Set(['pim', 'gateway']));
    type Audit = { items: { act: string; outcome: string; actor: string; reason: string }[] };
    const done = await steward<Audit>(admin, 'audit', 'list', '--subject', `group ${id}`);
    expect(done.answer.items).toMatchObject([{ outcome: 'done', actor: 'ada', reason: 'the PIM team looks at it' }]);
    const denied = await steward<Audit>(admin, 'audit', 'list', '--outcome', 'denied');
    expect(denied.answer.items).toMatchObject([{ outcome: 'denied', actor: 'ada' }]);
    expect((await steward(admin, 'audit', 'verify')).code).toBe(0);
    expect((await steward(admin, 'dlq', 'show', 'no-such-group')).code).toBe(3);
  }, 60_000);

  it('is told at a terminal what is no input, by its exit code and with what would be accepted', async () => {
    const [admin, viewer] = [await tokenOf(['admin:*']), await tokenOf(['viewer:*'])];
    const [letter] = (await steward<{ items: { letterId: string }[] }>(admin, 'dlq', 'letters', '--q', 'key:sound,wrong-type state:open')).answer.items;
    const id = letter?.letterId ?? '';
    const nothing = '00000000-0000-4000-8000-000000000000';
    const refund = ['refund', 'ask', 'r-1', '--order', 'nothing', '--currency', 'EUR'];
    const refused: [token: string, code: number, words: RegExp, args: string[]][] = [
      [admin, 3, /OPERATIONS_NOT_FOUND/, ['dlq', 'letter', nothing]], [admin, 3, /OPERATIONS_NOT_FOUND/, ['dlq', 'discard', nothing, '--reason', 'why not']], [admin, 3, /OPERATIONS_NOT_FOUND/, ['case', 'show', 'nothing']],
      [admin, 3, /OPERATIONS_NOT_FOUND/, ['op', 'cancel', nothing, '--reason', 'why not']], [admin, 3, /OPERATIONS_NOT_FOUND/, ['runbook', 'undo', 'resync-entity', nothing, '--reason', 'why not']],
      [admin, 2, /OPERATIONS_CONFIRMATION_NEEDED.*\n.*accepted: \d+/, ['replay', 'product', '--all', '--reason', 'why not']], [admin, 2, /OPERATIONS_CONFIRMATION_NEEDED.*\n.*accepted: \d+/, ['resync', 'product', '--reason', 'why not']],
      [admin, 2, /reason/, ['dlq', 'discard', id]], [admin, 2, /why, in 3 to 500/, ['dlq', 'discard', id, '--reason', ' ']], [admin, 2, /dry-run/, ['dlq', 'discard', id, '--reason', 'why not', '--dry-run=ture']],
      [admin, 2, /\/state .*accepted: open/, ['dlq', 'list', '--state', 'opne']], [admin, 2, /no field stat/, ['case', 'list', '--q', 'stat:open']],
      [viewer, 5, /OPERATIONS_ROLE_MISSING/, ['dlq', 'retry', id, '--reason', 'why not']],
      [admin, 2, /\/orderId .*accepted: the id of an order that was paid/, [...refund, '--amount', '1', '--reason', 'why not']], [admin, 2, /why, in 3 to 500/, [...refund, '--amount', '1', '--reason', ' ']], [admin, 2, /2599 for 25.99 EUR/, [...refund, '--amount', '0', '--reason', 'why not']],
      [admin, 3, /OPERATIONS_NOT_FOUND/, ['refund', 'show', 'nothing']], [viewer, 5, /refunder:/, [...refund, '--amount', '1', '--reason', 'why not']],
    ];
    for (const [token, code, words, args] of refused) {
      const ended = await steward(token, ...args);
      expect([args, ended.code, ended.err]).toEqual([args, code, expect.stringMatching(words)]);
    }
  }, 60_000);

  it('has at a terminal only what the API has', async () => {
    const description = (await (await fetch(`${system.operationsUrl}/ops/v1/openapi.json`)).json()) as { paths: Record<string, Record<string, object>> };
    const known = Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`));
    const asked: string[] = [];
    const ask = (method: string) => (path: string): Promise<Record<string, unknown>> => (asked.push(`${method} /ops/v1${path.replaceAll('an%20id', '{}')}`), Promise.resolve({}));
    const values = { sku: 'a', reason: 'why', service: 'pim', version: '1.0.0' };
    const aFile = join(root, 'package.json');
    const given: Given = { operations: { get: ask('GET'), post: ask('POST'), events: async function* () { await ask('GET')('/events'); } }, args: ['an id', 'an id'], values, progress: () => undefined, signal: new AbortController().signal, repository: () => Promise.resolve(0) };
    // `--order` says which order is paid back, and to `trace` that it is an order instead of a SKU.
    const ofRefund: Given = { ...given, values: { ...values, order: 'o-1', amount: '1', currency: 'EUR' } };
    for (const command of commands.filter(({ verb }) => verb !== 'edit')) await command.run(command.args === '<file>' ? { ...given, args: [aFile] } : command.noun === 'refund' ? ofRefund : given);
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((each) => !known.includes(each))).toEqual([]);
  });

  it('is told of by metrics that are there: every one that an alert or a dashboard names', async () => {
    const scrapes = await Promise.all(services.map(async (name) => (await fetch(`${system.process(name).url}/metrics`)).text()));
    const told = new Set(scrapes.flatMap((text) => [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : type === 'counter' ? [`${name}_total`] : [name]))));
    const files = globSync('k8s/observability/{rules/*.yaml,dashboards/*.json}', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'));
    expect(files.length).toBeGreaterThan(5);
    // A recording rule of ours (steward:…) is no metric of a process.
    const named = new Set(files.flatMap((text) => [...text.matchAll(/(?<![\w:])((?:steward|nodejs|process)_\w+)/g)].map(([, name = '']) => name)));
    expect(named.size).toBeGreaterThan(25);
    expect([...named].filter((name) => !told.has(name))).toEqual([]);
  });

  it('is closed by itself when the record is mended', async () => {
    await plant('wrong-type', { sku: 'wrong-type', state: 'published', categories: [], manufacturer: null, labels: label('Mended'), specs: {}, pictures: [], options: [] });
    await eventually(async () => (await readProduct(system.gatewayUrl, 'wrong-type'))?.name === 'Mended');
    await eventually(async () => (await letters()).every(({ key }) => key !== 'wrong-type'));
    await eventually(async () => (await atTheDesk('/dead-letters?q=key:wrong-type')).every(({ state }) => state === 'superseded'));
    const admin = await tokenOf(['admin:*']);
    const [closed] = (await steward<{ items: { letterId: string }[] }>(admin, 'dlq', 'letters', '--q', 'key:wrong-type')).answer.items;
    expect(await steward(admin, 'dlq', 'retry', closed?.letterId ?? '', '--reason', 'too late')).toMatchObject({ code: 4, err: expect.stringContaining('superseded') as string });
  });
});
