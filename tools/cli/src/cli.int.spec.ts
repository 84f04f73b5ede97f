import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@steward/servers';
import { commands, run } from './program';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const part of request) text += String(part);
  return text === '' ? undefined : JSON.parse(text);
}

describe('steward', () => {
  let server: Server;
  let url = '';
  let asked: Asked[] = [];
  let ran: [string, readonly string[]][] = [];
  let answer: { status: number; type?: string; body: unknown } = { status: 200, body: {} };
  const dir = mkdtempSync(join(tmpdir(), 'steward-cli-'));

  beforeAll(async () => {
    server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization, body });
        response.writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  beforeEach(() => {
    [asked, ran] = [[], []];
    answer = { status: 200, body: {} };
  });

  async function steward(args: readonly string[], env: Record<string, string> = {}) {
    let out = '';
    let err = '';
    const code = await run(args, { env: { STEWARD_OPERATIONS_URL: url, STEWARD_TOKEN: 'who-i-am', ...env }, out: (text) => (out += text), err: (text) => (err += text), signal: new AbortController().signal, repository: (program, given) => (ran.push([program, given]), Promise.resolve(given.includes('nobody') ? 64 : 0)) });
    return { code, out, err };
  }

  it('asks with the token and shows a list as columns, the way to its next page apart', async () => {
    answer.body = { items: [{ id: 'g1', state: 'open', open: 12, owner: { team: 'Catalogue' }, class: 'contract', consumer: 'gateway-catalogue', message: 'is missing' }], page: { next: 'c2' } };
    const { code, out, err } = await steward(['dlq', 'list', '--state', 'open,regressed', '--q', 'age>2h "no price"']);
    expect(code).toBe(0);
    expect(asked).toEqual([{ method: 'GET', url: '/ops/v1/dead-letter-groups?state=open%2Cregressed&q=age%3E2h+%22no+price%22', authorization: 'Bearer who-i-am', body: undefined }]);
    expect(out.split('\n')[1]).toMatch(/^g1 +open +12 +Catalogue +contract +gateway-catalogue +- +is missing$/);
    expect(err).toBe('more: --after c2\n');
  });

  it('prints everything as JSON, and nothing else on standard output', async () => {
    answer.body = { items: [], page: { next: null }, counts: [1] };
    expect(JSON.parse((await steward(['-o', 'json', 'dlq', 'list'])).out)).toEqual(answer.body);
    answer = { status: 409, body: { code: 'OPERATIONS_CONFLICT', detail: 'letter 1 is redriven by ada' } };
    const refused = await steward(['-o', 'json', 'dlq', 'skip', '1', '--reason', 'it is stale']);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.out)).toEqual(answer.body);
  });

  it('sends acts with their reason, and dryRun as what it is', async () => {
    await steward(['dlq', 'retry', '--group', 'g/1', '--reason', 'mapping repaired', '--dry-run', '--per-second', '20']);
    await steward(['flow', 'pause', 'pim.product', '--reason', 'PIM is moved', '--until', '2026-12-01T00:00:00Z']);
    await steward(['replay', 'stock-level', 'A@m', 'B@m', '--all', '--reason', 'rebuild']);
    await steward(['runbook', 'run', 'oversell-found', '--reason', 'call 7', '--param', 'sku=A=1', '--param', 'x=']);
    expect(asked.map(({ url: path, body }) => [path, body])).toEqual([
      ['/ops/v1/operations', { kind: 'retry', selection: { group: 'g/1' }, reason: 'mapping repaired', dryRun: true, perSecond: 20 }],
      ['/ops/v1/flows/pim.product/pause', { reason: 'PIM is moved', dryRun: false, resumesAt: '2026-12-01T00:00:00Z' }],
      ['/ops/v1/operations', { kind: 'replay-all', selection: { entity: 'stock-level', keys: ['A@m', 'B@m'] }, reason: 'rebuild', dryRun: false }],
      ['/ops/v1/runbooks/oversell-found/runs', { reason: 'call 7', dryRun: false, params: { sku: 'A=1', x: '' } }],
    ]);
  });

  it('sends an edit as the patch that a file holds, and says which file is none', async () => {
    const file = join(dir, 'patch.json');
    writeFileSync(file, '[{"op":"replace","path":"/name","value":"Tent"}]');
    await steward(['dlq', 'edit', 'l1', '--patch', file, '--body-hash', 'abc', '--reason', 'typo at the source']);
    expect(asked[0]?.body).toMatchObject({ kind: 'retry', selection: { letters: ['l1'] }, edit: { id: 'l1', patch: [{ op: 'replace', path: '/name', value: 'Tent' }], bodyHash: 'abc' } });
    writeFileSync(file, '[{');
    expect(await steward(['dlq', 'edit', 'l1', '--patch', file, '--reason', 'again'])).toMatchObject({ code: 2, err: expect.stringContaining('RFC 6902') as string });
  });

  it.each([
    [400, 'OPERATIONS_INPUT_REFUSED', 2], [401, 'TOKEN_REFUSED', 5], [403, 'OPERATIONS_ROLE_MISSING', 5], [404, 'OPERATIONS_NOT_FOUND', 3], [409, 'OPERATIONS_CONFLICT', 4], [503, 'BROKER_NO_ANSWERER', 1],
  ])('ends a refusal of %i with its code, its place and what is accepted', async (status, code, exit) => {
    answer = { status, type: 'application/problem+json', body: { code, detail: 'no', errors: [{ pointer: '/reason', detail: 'is missing', accepted: 'why, in 3 to 500 characters' }] } };
    const ended = await steward(['op', 'pause', 'j1', '--reason', 'look']);
    expect(ended.code).toBe(exit);
    expect(ended.err).toContain(`steward: ${code}: no\n  /reason is missing; accepted: why, in 3 to 500 characters`);
  });

  it('tells bad news by its exit code', async () => {
    answer.body = { ok: false, chains: [] };
    expect((await steward(['audit', 'verify'])).code).toBe(1);
    answer.body = { ok: true, chains: [] };
    expect((await steward(['audit', 'verify'])).code).toBe(0);
    answer.body = { ready: false };
    expect((await steward(['readiness'])).code).toBe(1);
  });

  it('waits for a job and fails with it', async () => {
    answer.body = { id: 'j1', state: 'done', progress: { confirmed: 3, failed: 1 } };
    const waited = await steward(['op', 'show', 'j1', '--wait']);
    expect(waited).toMatchObject({ code: 1, err: 'done {"confirmed":3,"failed":1}\n' });
  });

  it('carries runbooks on, ends them and takes them back', async () => {
    for (const verb of ['resume', 'cancel', 'undo']) await steward(['runbook', verb, 'oversell-found', 'r/1', '--reason', 'seen', ...(verb === 'undo' ? ['--dry-run'] : [])]);
    expect(asked.map(({ url: path, body }) => [path, body])).toEqual(['resume', 'cancel', 'undo'].map((verb) => [`/ops/v1/runbooks/oversell-found/runs/r%2F1/${verb}`, { reason: 'seen', dryRun: verb === 'undo' }]));
    answer.body = { id: 'r1', state: 'failed' };
    expect((await steward(['runbook', 'status', 'oversell-found', 'r1'])).code).toBe(1);
    answer.body = { items: [{ id: 'r1' }], page: { next: 'c2' } };
    expect((await steward(['runbook', 'runs', 'oversell-found', '--first', '1'])).err).toBe('more: --after c2\n');
  });

  it('asks for a refund in minor units, and waits for what came of it', async () => {
    const ask = ['refund', 'ask', 'r/1', '--order', 'o-1', '--amount', '2599', '--currency', 'EUR', '--reason', 'scratched'];
    await steward(ask);
    expect(asked).toMatchObject([{ method: 'POST', url: '/ops/v1/refunds/r%2F1', body: { orderId: 'o-1', amount: 2599, currency: 'EUR', reason: 'scratched', dryRun: false } }]);
    for (const amount of ['25.99', '0', '-1', '2,599', '1e3']) expect([amount, await steward(ask.with(6, amount))]).toEqual([amount, expect.objectContaining({ code: 2, err: expect.stringContaining('2599 for 25.99 EUR') as string })]);
    for (const at of [3, 5, 7]) expect((await steward(ask.toSpliced(at, 2))).code).toBe(2);
    expect(asked).toHaveLength(1);
    for (const [state, code] of [['confirmed', 0], ['refused', 1]] as const) {
      answer.body = { refund: { refundId: 'r-1', state }, wishes: [], history: [] };
      expect((await steward(['refund', 'show', 'r-1', '--wait'])).code).toBe(code);
    }
    answer.body = { refund: null, wishes: [{ actor: 'ada' }], history: [] };
    expect(await steward(['refund', 'show', 'r-1'])).toMatchObject({ code: 0, out: expect.stringContaining('ada') as string });
  });

  it('shows further keys of a held change', async () => {
    answer.body = { case: { caseId: 'c' }, diff: { items: [], next: 'k 50' } };
    expect((await steward(['case', 'show', 'c', '--after', 'k 1'])).err).toBe('more: --after k 50\n');
    expect(asked[0]?.url).toBe('/ops/v1/cases/c?after=k+1');
  });

  it('works on contracts and connectors with what the clone has', async () => {
    expect((await steward(['contracts', 'lint'])).code).toBe(0);
    expect((await steward(['contracts', 'diff', 'nobody', 'v1/1'])).code).toBe(1);
    await steward(['connector', 'new', 'erp', 'acme', '--entity', 'stock-level']);
    await steward(['connector', 'test', 'erp', 'acme']);
    await steward(['connector', 'sandbox']);
    expect([asked, ran]).toEqual([[], [
      ['tools/contracts/dist/main.js', ['lint']], ['tools/contracts/dist/main.js', ['diff', 'nobody', 'v1/1']], ['node_modules/nx/dist/bin/nx.js', ['g', '@steward/tools:vendor', 'erp', 'acme', '--entity', 'stock-level']],
      ['tools/bootstrap.cjs', ['test:vendors', 'apps/erp/src/acme']], ['apps/sandbox/dist/main.js', []],
    ]]);
    for (const [program] of ran) expect([program, existsSync(join(__dirname, '../../..', program))]).toEqual([program, true]);
  });

  it('says what is misspelt before it asks anything', async () => {
    for (const args of [['dlq', 'lits'], ['dlq', 'skip', '1'], ['dlq', 'skip', '1', '--reason', 'it is stale', '--dry-run=ture'], ['runbook', 'undo', 'oversell-found', 'r1'], ['contracts', 'diff'], ['trace'], ['trace', '--sku', 'A', '--order', '1'], ['-o', 'xml', 'status'], ['op', 'show'], ['dlq', 'retry', 'a', '--reason', 'x y z', '--canary', '1.5'], ['completion', 'fish']]) {
      expect([args, (await steward(args)).code]).toEqual([args, 2]);
    }
    expect(asked).toEqual([]);
  });

  it('says when nobody answers', async () => {
    expect(await steward(['status'], { STEWARD_OPERATIONS_URL: `http://127.0.0.1:${await freePort()}` })).toMatchObject({ code: 6, err: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('lets no text of others move the cursor of a terminal', async () => {
    answer.body = { items: [{ id: 'g1', message: '\u001b[2Jgone\nline' }] };
    expect((await steward(['dlq', 'list'])).out).not.toMatch(/\u001b|gone\n/);
  });

  it('completes every command', async () => {
    const { out } = await steward(['completion', 'bash']);
    for (const { noun, verb } of commands) expect(out).toContain(noun ?? verb);
  });
});
