import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { customer } from '@steward/contracts';
import { storeDeadLetters } from '@steward/event-bus';
import { eventually, tablesThatMention } from '@steward/testing';
import { lockCustomers } from '../customer/customer-write.store';
import { mailOf, openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { withdrawErasure } from './erasure-desk';
import { erasedAmong } from './erasure.store';
import { forget } from './forget';

describe('an erased customer', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
    rig.startFeed();
  });
  afterEach(() => rig.close());

  const known = async (...customerIds: string[]): Promise<void> => {
    for (const customerId of customerIds) await rig.register(customerId);
    for (const customerId of customerIds) await eventually(async () => (await rig.announced(customerId)) != null);
    await rig.settled();
  };
  const gone = (customerId: string) => eventually(async () => (await rig.announced(customerId)) === null, { withinMs: 60_000 });
  const mentions = (text: string) => tablesThatMention(rig.test.pool, text);
  const passes = async (count: number): Promise<void> => {
    const [row] = await rig.rows<{ at: Date }>(`select last_pass_at as at from feed where entity = 'customer'`);
    for (let last = row?.at, n = 0; n < count; n += 1) {
      await eventually(async () => {
        const [now] = await rig.rows<{ at: Date }>(`select last_pass_at as at from feed where entity = 'customer'`);
        return now?.at != null && now.at.getTime() !== last?.getTime() && ((last = now.at), true);
      });
    }
  };

  async function plantLetters(customerId: string): Promise<void> {
    const letter = (key: string | undefined, body: string) => ({
      consumer: 'crm-customer-feed', identity: `key ${key}`, contract: customer as never, system: 'crm', key, messageId: undefined, revision: null, sequence: null, subject: 'crm.customer.v1', headers: {},
      body: Buffer.from(body), class: 'schema' as const, error: `what is ${body}`, attempts: 1,
    });
    await rig.database.transaction((tx) => storeDeadLetters(tx, [letter(customerId, `{"mail":"${mailOf(customerId)}"`), letter(undefined, `{"id":7,"mail":"${mailOf(customerId)}"}`)], new Date()));
  }

  it('is found in every table before, in none after, and is a tombstone', async () => {
    await known('c-1', 'c-2');
    await rig.control('POST', 'crm/faults', { kind: 'refuse', code: 'no', message: `never ${mailOf('c-1')}`, times: 1, match: { method: 'PATCH' } });
    await rig.update('c-1', { phone: '1' });
    await rig.settled();
    await plantLetters('c-1');
    expect(await mentions(mailOf('c-1'))).toEqual(['announced', 'customer_case', 'dead_letter', 'effect', 'outbox_default']);
    await rig.erase('c-1');
    await gone('c-1');
    await rig.settled();
    for (const text of [mailOf('c-1'), 'Planted c-1', 'Planted street c-1', '+49 c-1']) expect(await mentions(text)).toEqual([]);
    expect(await rig.atCrm('c-1')).toBeUndefined();
    expect(await mentions(mailOf('c-2'))).toEqual(['announced', 'effect', 'outbox_default']);
    expect(await rig.rows(`select tombstone, body from outbox where key = 'c-1' and kind = 'state' order by id desc limit 1`)).toEqual([{ tombstone: true, body: '' }]);
    expect(await rig.rows('select customer_id, times, erased_at is not null as erased from erasure')).toEqual([{ customer_id: 'c-1', times: 1, erased: true }]);
    // Who keeps orders is told by an id and nothing else.
    expect((await rig.rows<{ key: string; body: string }>(`select key, body from outbox where entity = 'customer-erased'`)).map(({ key, body }) => [key, Object.keys(JSON.parse(body) as object)])).toEqual([['c-1', ['customerId', 'erasedAt']]]);
  });

  it('is told as erased also when nobody was ever told of them', async () => {
    await rig.erase('c-9');
    await gone('c-9');
    expect(await rig.rows(`select revision::int, tombstone from outbox where key = 'c-9' and kind = 'state'`)).toEqual([{ revision: 1, tombstone: true }]);
    await rig.settled();
    await rig.register('c-9');
    expect([await rig.writes(), await rig.rows('select 1 from customer_write')]).toEqual([['erase-customer confirmed'], []]);
  });

  it('is written about no more: what was not sent is dropped, what comes later too', async () => {
    await known('c-1');
    // Done there, but told later than anybody waits.
    await rig.control('POST', 'crm/faults', { kind: 'slow', delayMs: 5_000, match: { method: 'PATCH' } });
    await rig.update('c-1', { name: 'Planted first' });
    await eventually(async () => (await rig.rows(`select 1 from effect where state = 'submitted'`)).length === 1);
    await rig.update('c-1', { name: 'Planted second' });
    await rig.erase('c-1');
    // What may have been sent is found out first: it could still arrive behind the erasure.
    expect(await rig.rows('select kind, intended from customer_write order by place')).toEqual([{ kind: 'update-customer', intended: true }, { kind: 'erase-customer', intended: false }]);
    await gone('c-1');
    await rig.settled();
    await rig.update('c-1', { name: 'Planted late' });
    await rig.register('c-1');
    expect([await rig.writes(), await mentions('Planted')]).toEqual([['register-customer confirmed', 'update-customer confirmed', 'erase-customer confirmed'], []]);
  });

  it('O7: does not come back with a page that was read before', async () => {
    await known('c-1', 'c-2');
    const slow = { kind: 'slow', delayMs: 1_000, match: { path: '/crm/customers', method: 'GET' } };
    await rig.control('POST', 'crm/faults', slow);
    await eventually(async () => ((await rig.control('GET', 'crm/faults')) as { faults: { hits: number }[] }).faults[0]?.hits !== 0);
    await rig.erase('c-1');
    await gone('c-1');
    await rig.control('DELETE', 'crm/faults');
    await passes(3);
    expect(await rig.rows(`select 1 from outbox where key = 'c-1' and kind = 'state' and not tombstone`)).toHaveLength(1);
  });

  it('O7: is waited for by whoever announces a page while they are being forgotten', async () => {
    await rig.rows(`insert into erasure (customer_id, requested_at, requested_by) values ('c-1', now(), 'customer')`);
    const forgetting = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const first = rig.database.transaction(async (tx) => {
      await lockCustomers(tx, ['c-1']);
      await forget(tx, 'c-1', { at: new Date(), correlationId: null });
      begun.resolve();
      await forgetting.promise;
    });
    await begun.promise;
    const second = rig.database.transaction((tx) => erasedAmong(tx, ['c-1', 'c-2']));
    try {
      await eventually(async () => (await rig.rows(`select 1 from pg_locks where locktype = 'advisory' and not granted`)).length === 1);
    } finally {
      forgetting.resolve();
      await first;
    }
    expect([...(await second)]).toEqual(['c-1']);
  });

  it('is erased again where a backup brings them back, and never told', async () => {
    await known('c-1', 'c-2');
    const record = await rig.atCrm('c-1');
    await rig.erase('c-1');
    await gone('c-1');
    await rig.settled();
    await rig.control('PUT', 'crm/customers/c-1', record);
    await passes(2);
    expect([(await rig.atCrm('c-1'))?.['mail'], await rig.announced('c-1')]).toEqual([mailOf('c-1'), null]);
    // A read just after the erasure may be an old answer; a minute later it is none.
    await rig.rows(`update erasure set erased_at = erased_at - interval '2 minutes'`);
    await eventually(async () => (await rig.atCrm('c-1')) === undefined);
    await rig.settled();
    expect([await rig.rows('select times from erasure'), await mentions(mailOf('c-1')), await rig.rows(`select 1 from outbox where key = 'c-1' and kind = 'state' and not tombstone`)]).toMatchObject([[{ times: 2 }], [], { length: 1 }]);
  });

  it('C3: whom the CRM has to keep is still told, and a case of the owner', async () => {
    await known('c-1');
    await rig.control('POST', 'crm/faults', { kind: 'refuse', code: 'open_invoices', message: 'not yet', times: 1, match: { method: 'DELETE' } });
    await rig.erase('c-1');
    await rig.settled();
    await passes(2);
    expect([await rig.cases(), (await rig.announced('c-1'))?.['email']]).toEqual([['refused c-1 erase-customer c-1#1'], mailOf('c-1')]);
    await rig.erase('c-1');
    await gone('c-1');
  });

  it('I6: whose erasure was refused may be kept, by somebody who says why', async () => {
    await known('c-1');
    await rig.control('POST', 'crm/faults', { kind: 'refuse', code: 'legal_hold', message: 'no', times: 1, match: { method: 'DELETE' } });
    await rig.erase('c-1');
    await rig.settled();
    await expect(withdrawErasure(rig.database, 'c-1', { actor: 'ines', reason: ' ' })).rejects.toThrow('I6');
    await withdrawErasure(rig.database, 'c-1', { actor: 'ines', reason: 'a law suit' });
    await rig.update('c-1', { name: 'Still here' });
    await eventually(async () => (await rig.announced('c-1'))?.['name'] === 'Still here');
    expect(await rig.rows('select customer_id, act, actor, reason from erasure_act')).toEqual([{ customer_id: 'c-1', act: 'withdraw', actor: 'ines', reason: 'a law suit' }]);
    await expect(withdrawErasure(rig.database, 'c-1', { actor: 'ines', reason: 'again' })).rejects.toMatchObject({ code: 'CRM_ERASURE_NOT_OPEN' });
  });

  it('is erased again, here and at the CRM, when the list is carried over a restore of both', async () => {
    await known('c-1', 'c-2');
    const record = await rig.atCrm('c-1');
    await rig.erase('c-1');
    await gone('c-1');
    await rig.settled();
    const desk = (input: string, ...args: string[]) =>
      spawnSync(process.execPath, [join(__dirname, '../../dist/main-desk.js'), ...args], { input, encoding: 'utf8', env: { PATH: process.env['PATH'], DATABASE_URL: rig.test.url, STEWARD_ODOO_PAGE: '5' } });
    const kept = desk('', 'erase-list').stdout;
    // As the backups have it: before anybody asked.
    await rig.control('PUT', 'crm/customers/c-1', record);
    await rig.rows(`delete from erasure`);
    await rig.rows(`delete from effect where kind = 'erase-customer'`);
    await eventually(async () => (await rig.announced('c-1'))?.['email'] === mailOf('c-1'));
    expect([desk(kept, 'replay').status, desk(kept, 'replay', '--actor', 'ines', '--reason', 'restored').stdout]).toEqual([64, '1 asked for\n']);
    await gone('c-1');
    await rig.settled();
    expect(await rig.rows('select customer_id, act, actor, reason from erasure_act')).toEqual([{ customer_id: 'c-1', act: 'replay', actor: 'ines', reason: 'restored' }]);
    expect([kept, await mentions(mailOf('c-1')), await rig.atCrm('c-1'), await mentions(mailOf('c-2'))]).toEqual(['c-1\n', [], undefined, ['announced', 'effect', 'outbox_default']]);
  });
});
