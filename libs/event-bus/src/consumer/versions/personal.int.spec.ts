/** What is personal says the version in which a thing was said: v1 calls the place personal, v2 the article, and what v3 does nobody here knows. */
import { type Catalogue, type Contract, defineUpcast, type LetterReading, shipped, stockLevel } from '@steward/contracts';
import { type Acting, storeDeadLetters } from '../../dead-letter';
import { readEvidence } from '../../evidence/evidence';
import { answerLetters } from '../../letters/letters.controller';
import { redactPerson } from '../../privacy/redact-person';
import { readBacklog } from '../../release';
import { defineProjection } from '../declarations';
import { messageOfItem } from '../rebuild/snapshot-message';
import { envelopeOf, messageOf, openRig, type Rig } from '../rig.spec';
import { type Delivered, readFor } from '../work';

const v1: Contract = { ...(stockLevel as Contract), piiPaths: ['/location'] };
const v2: Contract = { ...v1, major: 2, piiPaths: ['/sku'] };
const v3: Contract = { ...v1, major: 3 };
const catalogue: Catalogue = {
  contracts: [...shipped.contracts.filter(({ entity }) => entity !== 'stock-level'), v1, v2],
  upcasts: [defineUpcast(v1, v2, (data) => data)],
};
const data = { sku: 'Ada', location: 'Berlin', onHand: 5 };
const keys = ['one@m', 'two@m', 'three@m'];

describe('C9: a stored state and a letter have the major in which they were said', () => {
  let rig: Rig;
  beforeAll(async () => {
    const projection = defineProjection({ builds: 'availability', contract: v2, apply: async () => undefined });
    rig = await openRig({ work: { catalogue, projections: new Map([['stock-level', projection]]) } });
  });
  afterAll(() => rig.close());
  beforeEach(() => rig.test.pool.query('truncate stored_part, dead_letter, dead_letter_act, held'));

  const arrived = (message: ReturnType<typeof messageOf>): Delivered => ({ reading: readFor(rig.work, message), message, streamSequence: 1, deliveries: 1, receivedAtMs: 0 });
  const stored = () => rig.rows<{ key: string; major: number }>('select key, major, data from stored_part order by key');
  /** By hand: this build knows no v3, and an upcast is not what this is about. */
  const store = (majors = [1, 2, 3]) => rig.test.pool.query(
    `insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id, major) select 'stock-level', u.key, 1, $2, '\\x00', now(), 'live', gen_random_uuid(), u.major
      from unnest($1::text[], $3::smallint[]) as u(key, major)`, [keys, JSON.stringify(data), majors]);
  const letters = () => rig.database.transaction((tx) => storeDeadLetters(tx, [v1, v2, v3].map((contract, index) => {
    const { key, subject, body } = envelopeOf(contract, 'erp', keys[index] ?? '', data);
    return { consumer: 'gateway-availability', identity: key, contract: v2, system: 'erp', key, messageId: undefined, revision: 1, sequence: null, subject, headers: {}, body: Buffer.from(body), class: 'rejected' as const, error: 'x', attempts: 1 };
  }), new Date()));
  const read = async (id: string, more: Partial<Acting> = {}, reveal = false): Promise<LetterReading> => (await answerLetters({ database: rig.database, works: [rig.work], ...more }, 'gateway', { ask: 'read', id, reveal })) as LetterReading;

  it('the gate notes it, live, raised, and out of a snapshot of an owner that says it, or does not yet', async () => {
    await rig.run(arrived(messageOf(envelopeOf(v1, 'erp', 'one@m', data))), arrived(messageOf(envelopeOf(v2, 'erp', 'two@m', data))));
    const item = { key: 'three@m', revision: 1, messageId: '01890a5d-ac96-774b-bcce-b302099a8057', tombstone: false, data, changedAt: '2026-11-24T10:00:00.000Z' };
    await rig.run(...[{ ...item, major: 2 }, { ...item, key: 'four@m' }, { ...item, key: 'five@m', tombstone: true, data: null }].map((each) => arrived(messageOfItem(v2, 'erp', each, null) as ReturnType<typeof messageOf>)));
    expect(Object.fromEntries((await stored()).map(({ key, major }) => [key, major]))).toEqual({ 'one@m': 1, 'two@m': 2, 'three@m': 2, 'four@m': 1, 'five@m': 2 });
    await rig.run(arrived(messageOf(envelopeOf(v2, 'erp', 'one@m', data, { revision: 2 }))));
    expect((await stored()).find(({ key }) => key === 'one@m')).toMatchObject({ major: 2 });
  });

  it('a letter hides what its own version calls personal, everything where this build does not know the version, and stored rows by theirs', async () => {
    await store([2, 1, 3]);
    const readings = await Promise.all((await letters()).map((id) => read(id)));
    expect(readings.map(({ payload }) => payload)).toEqual([{ ...data, location: 'erased' }, { ...data, sku: 'erased' }, { sku: '…', location: '…', onHand: 0 }]);
    expect(readings.map(({ current }) => current.projection?.data)).toEqual([{ ...data, sku: 'erased' }, { ...data, location: 'erased' }, { sku: '…', location: '…', onHand: 0 }]);
  });

  const letterOf = async (body: unknown): Promise<string> => (await rig.database.transaction((tx) => storeDeadLetters(tx, [{
    consumer: 'gateway-availability', identity: 'b', contract: v1, system: 'erp', key: 'b@m', messageId: undefined, revision: 1, sequence: null, subject: 'evt.erp.stock-level.v1.b', headers: {}, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), class: 'schema', error: 'x', attempts: 1,
  }], new Date())))[0] ?? '';
  const nobody: Contract = { ...v1, piiPaths: [] };

  it.each<[string, readonly Contract[], unknown]>([
    ['its own version', [v1, { ...nobody, major: 2 }], { article: '…' }],
    ['another version', [nobody, v2], { article: '…' }],
    ['no version', [nobody, { ...nobody, major: 2 }], { article: 'Ada' }],
    ['a contract that this build does not know', [], { article: '…' }],
  ])('a letter that does not fit its version may hold what any version calls personal: a person is in %s', async (_where, contracts, shown) => {
    const works = [{ ...rig.work, catalogue: { ...catalogue, contracts } }];
    expect((await read(await letterOf({ article: 'Ada' }), { works })).payload).toEqual(shown);
  });

  it('what a source said in its own words hides everything, though it reads like the contract’s', async () => {
    const id = await letterOf(data);
    expect((await read(id)).payload).toEqual({ ...data, location: 'erased' });
    const sources = [{ consumer: 'gateway-availability', readAgain: async () => async () => undefined }];
    expect((await read(id, { sources })).payload).toEqual({ sku: '…', location: '…', onHand: 0 });
    // Nor is it held against the contract.
    expect((await read(await letterOf({ article: 'Ada' }), { sources })).problems).toEqual([]);
  });

  it('what is no JSON, and what an act has failed with, is shown to nobody who may not see a person', async () => {
    const id = await letterOf('Ada, Berlin');
    await rig.test.pool.query(`insert into dead_letter_act (letter_id, act, actor, reason, verdict, detail) select $1, 'redrive', 'eve', 'mended', v, 'no place "Ada"' from unnest('{failed,applied}'::text[]) v`, [id]);
    const seen = (letter: LetterReading) => [letter.payload, ...letter.attempts.map(({ verdict, detail }) => `${verdict}: ${String(detail)}`).toSorted()];
    expect(seen(await read(id))).toEqual([null, 'applied: no place "Ada"', expect.not.stringContaining('Ada')]);
    expect(seen(await read(id, {}, true))).toEqual(['Ada, Berlin', 'applied: no place "Ada"', 'failed: no place "Ada"']);
  });

  it('evidence hides what the version of the row calls personal, and everything of a version that nobody here knows', async () => {
    await store();
    const { keys: answered } = await rig.database.transaction((tx) => readEvidence(tx, 'stored_part', { entity: 'stock-level', keys }, { catalogue }));
    const word = expect.stringMatching(/^masked:/);
    expect(answered.map((each) => each.data)).toEqual([{ ...data, location: word }, { ...data, sku: word }, { sku: word, location: word, onHand: word }]);
  });

  it('who is erased goes from every version', async () => {
    await store();
    await letters();
    const envelope = envelopeOf(v2, 'erp', 'two@m', data, { sequence: 2 });
    await rig.rows(`insert into held values ('x', 'erp.stock-level/two@m', 2, $1, $2, null, null, now(), now())`, [envelope.id, JSON.stringify(envelope)]);
    await rig.database.transaction((tx) => redactPerson(tx, [{ contract: v2, keys }], [], catalogue));
    expect((await stored()).map((row) => (row as unknown as { data: unknown }).data)).toEqual([{ ...data, location: 'erased' }, { sku: '…', location: '…', onHand: 0 }, { ...data, sku: 'erased' }]);
    const bodies = await rig.rows<{ key: string; body: string }>(`select key, convert_from(body, 'UTF8') as body from dead_letter order by key`);
    expect(bodies.map(({ body }) => (body === '' ? '' : (JSON.parse(body) as unknown)))).toEqual([{ ...data, location: 'erased' }, '', { ...data, sku: 'erased' }]);
    expect((await rig.rows<{ envelope: { body: string } }>('select envelope from held')).map((row) => JSON.parse(row.envelope.body) as unknown)).toEqual([{ ...data, sku: 'erased' }]);
  });

  it('what is still written in an older version is counted for the release gate; what is deleted says nothing in any', async () => {
    await store();
    await rig.rows(`update stored_part set data = null where key = 'three@m'`);
    await rig.rows('create table if not exists outbox (message_id uuid, type text, published_at timestamptz, created_at timestamptz)');
    const { announced, stored: older } = await readBacklog(rig.database, 'gateway', [v2]);
    expect([announced, older]).toEqual([[], [{ system: 'gateway', entity: 'stock-level', major: 1, count: 1, oldestAt: expect.any(String) }]]);
  });
});
