import { RejectedError } from '@steward/platform';
import { eventually } from '@steward/testing';
import { redrive } from '../dead-letter/redrive';
import { recordingProjection, stock } from './rig.spec';
import { strategyScene } from './strategy-scene.spec';

const keys = Array.from({ length: 2_000 }, (_, index) => `k${index}@m`);
/** Spread over all batches: half is no stock level, half is what our own code refuses. */
const malformed = keys.filter((_, index) => index % 200 === 17);
const refused = keys.filter((_, index) => index % 200 === 118);
const by = { actor: 'ines', reason: 'the code is mended' };

describe('I5 C2: 20 poisonous keys among 2,000', () => {
  const { rig, start, stop, publish, stored, info } = strategyScene();
  const parked = () => rig().rows<{ id: string; key: string }>(`select id, key from dead_letter where state = 'open' order by key`);
  const messages = (revision: number) => keys.map((key) => stock(key, revision, 5, malformed.includes(key) && revision === 1 ? { body: '{"sku":7}' } : {}));

  it('are parked, all of them and no other; mended they are applied, and nothing is parked any more', async () => {
    start({ projections: [recordingProjection((key) => (refused.includes(key) ? new RejectedError('ITEM_INVALID', 'our own code is wrong') : undefined))] });
    await publish(messages(1));
    await eventually(async () => (await stored()) === 1_980 && (await parked()).length === 20);
    await eventually(async () => (await info()).num_ack_pending === 0);
    expect((await parked()).map(({ key }) => key)).toEqual([...malformed, ...refused].toSorted());
    expect(await rig().rows(`select key from effect where entity = 'stock-level' group by key having count(*) > 1`)).toEqual([]);
    await stop();

    // Mended code, and a sound body from the owner.
    const mended = start();
    await publish(messages(2).filter(({ key }) => malformed.includes(key)));
    await eventually(async () => (await parked()).length === refused.length);
    const verdicts = await redrive({ database: rig().database, works: mended.works() }, (await parked()).map(({ id }) => id), by);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(refused.map(() => 'apply'));
    expect([await parked(), await stored()]).toEqual([[], 2_000]);
    expect(await rig().rows(`select key from apply_journal group by key, revision having count(*) > 1`)).toEqual([]);
  }, 60_000);
});
