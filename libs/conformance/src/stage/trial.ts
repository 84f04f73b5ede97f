import { Scene } from './scene';
import { Stage, type StageOptions } from './stage';

/** What a check is given. */
export interface Trial {
  readonly stage: Stage;
  /** One for each feed. */
  readonly scenes: readonly Scene[];
}

/** A connector on its stage, with everything that its profile can put there. */
export async function openTrial(options: StageOptions): Promise<Trial> {
  const stage = await Stage.open(options);
  const scenes = stage.open().map(({ contract }) => {
    const things = stage.standIn.things[contract.entity];
    if (things === undefined) throw new TypeError(`the profile has no things of ${contract.entity}`);
    return new Scene(stage, contract, things);
  });
  for (const scene of scenes) await scene.putAll();
  return { stage, scenes };
}
