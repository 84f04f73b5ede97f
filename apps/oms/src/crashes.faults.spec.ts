/**
 * T1: the shipped process is killed at each of its seams while orders are under way, again and again, and both systems it writes to
 * lose answers. What is left at the end is one charge and one place in the OMS for every order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { placeOrder, type PlaceOrder } from '@steward/contracts';
import type { Seam } from '@steward/platform';
import { freePort } from '@steward/servers';
import { eventually, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { type Gateway, type Neighbour, openGateway, openOperations, StockService } from './fixtures/neighbours.fixture.spec';
import { omsProcessEnv, promised, type Promiser, promiser } from './fixtures/promised.fixture.spec';
import { chargesOf, placedUnder, type SandboxProcess, startSandbox } from './fixtures/sandbox.fixture.spec';

const seams: readonly Seam[] = ['commit', 'publish-ack', 'delivery', 'handler', 'external-call', 'effect-submit', 'effect-read-back', 'effect-commit'];
// Before its work a crash leaves nothing but a claim behind; that is worth a round where somebody may have heard of it.
const rounds = [...seams.map((seam, index) => `${seam}=crash-after#${1 + (index % 3)}`), 'effect-submit=crash-before#2', 'effect-commit=crash-before#2'];
const perRound = 3;

describe('the order service, killed', () => {
  let nats: TestBroker;
  let test: TestDatabase;
  let sandbox: SandboxProcess;
  let operations: Neighbour;
  let gateway: Gateway;
  let keys: Promiser;
  let child: ChildProcess | undefined;
  const stock = new StockService();

  beforeAll(async () => {
    [nats, test, sandbox, keys] = await Promise.all([testBroker(), testDatabase({ migrations: [] }), startSandbox(), promiser()]);
    operations = await openOperations(nats);
    gateway = await openGateway(nats);
    await stock.open(nats);
  });
  afterAll(async () => {
    await end();
    await stock.stop();
    await gateway.stop();
    await operations.stop();
    await sandbox.stop();
    await nats.stop();
    await test.drop();
  });

  const isGone = (): boolean => child === undefined || child.exitCode !== null || child.signalCode !== null;
  async function end(): Promise<void> {
    child?.kill('SIGKILL');
    await eventually(isGone);
  }
  async function start(faults?: string): Promise<void> {
    const port = await freePort();
    const env = { ...omsProcessEnv({ nats, test, sandbox, port, jwks: keys.jwks }), ...(faults === undefined ? {} : { STEWARD_FAULTS: faults }) };
    child = spawn(process.execPath, [join(__dirname, '../dist/main.js')], { env, stdio: 'ignore' });
    // A crash may come before it is ready: what earlier rounds left behind is taken up at once.
    await eventually(async () => isGone() || (await fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok, () => false)));
  }
  const confirmed = async (): Promise<number> => (await test.pool.query(`select 1 from saga where step = 'confirmed'`).catch(() => ({ rowCount: 0 }))).rowCount ?? 0;

  it(`T1, S6: makes one charge and one order of each, over ${rounds.length} kills`, async () => {
    const placed: PlaceOrder[] = [];
    let kills = 0;
    const place = async (): Promise<void> => {
      for (const [system, path] of [['psp', '/psp/v1/payment_intents'], ['oms', '/oms/orders']]) await sandbox.control('POST', `${system}/faults`, { kind: 'drop-after-commit', times: 1, match: { method: 'POST', path } });
      const order = await promised({ orderId: randomUUID(), promise: keys.promise });
      placed.push(order);
      await gateway.send(placeOrder, order.orderId, order);
    };
    for (const faults of rounds) {
      await start(faults);
      for (let count = 0; count < perRound; count += 1) await place();
      // Whoever has come through without passing the seam gets more to do. Not only when all is confirmed: a message that has seen a few
      // processes die counts as poison, and waits for minutes (C5b).
      await eventually(async () => {
        if (!isGone()) await place();
        return isGone();
      }, { withinMs: 120_000, everyMs: 1_000 });
      if (child?.signalCode === 'SIGKILL') kills += 1;
    }
    await start();
    // What a killed process had in hand waits for its claim to run out, or as poison.
    await eventually(async () => (await confirmed()) === placed.length, { withinMs: 480_000 });
    const found = await Promise.all(placed.map(async ({ orderId, number }) => `${(await chargesOf(sandbox, orderId)).length} charges, ${(await placedUnder(sandbox, number)).length} orders`));
    expect(new Set(found)).toEqual(new Set(['1 charges, 1 orders']));
    expect(kills).toBe(rounds.length);
  }, 900_000);
});
