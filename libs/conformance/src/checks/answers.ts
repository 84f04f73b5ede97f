import { eventually } from '@steward/testing';
import { Line } from '../stage/line';
import type { Scene } from '../stage/scene';
import { withJson } from '../tap/levers';
import type { VendorProfile } from '../vendor-profile';

/** X6: nothing is deleted because of it, and afterwards changes are found as before. */
const surviving =
  (spoil: 'empty' | 'truncated') =>
  async (scene: Scene): Promise<void> => {
    const { tap, options } = scene.stage;
    const change: VendorProfile['empty'] = options.profile[spoil];
    const line = await Line.open(scene);
    const { ended } = line.start();
    await line.agrees();
    const before = { ...ended };
    tap.play(withJson(change));
    await eventually(() => ended.all >= before.all + 2 && ended.changes >= before.changes + 2, scene.stage.patience);
    tap.play(undefined);
    await line.follows(1, scene.things.count);
    const deleted = (await line.outbox()).filter(({ tombstone }) => tombstone).map(({ key }) => key);
    if (deleted.length > 0) throw new Error(`announced as deleted: ${deleted.length}, ${deleted[0]} among them`);
    await line.agrees();
  };

export const survivesEmptyAnswers = surviving('empty');
export const survivesTruncatedPages = surviving('truncated');

/** I5: it costs only itself, is filed under its key, and its letter closes when it is mended. */
export async function quarantinesMalformed(scene: Scene): Promise<void> {
  const key = scene.things.keyOf(2);
  await scene.malform(2);
  const line = await Line.open(scene);
  line.start();
  await line.agrees();
  await eventually(async () => {
    const letters = (await line.letters()).map((letter) => `${letter.key} ${letter.state}`);
    if (letters.join() !== `${key} open`) throw new Error(`dead letters: ${letters.join(', ') || 'none'}; malformed is ${key}`);
    return true;
  }, scene.stage.patience);
  await line.follows(2);
  await eventually(async () => (await line.letters()).every(({ state }) => state === 'superseded'), scene.stage.patience);
  await line.agrees();
}
