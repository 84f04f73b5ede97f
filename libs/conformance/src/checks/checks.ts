/** Every line of the score sheet, in its order; the last two judge what the others did. */
import type { Scene } from '../stage/scene';
import type { Trial } from '../stage/trial';
import { quarantinesMalformed, survivesEmptyAnswers, survivesTruncatedPages } from './answers';
import { honoursRetryAfter, tellsFailures, tellsTimeouts } from './calls';
import { changesAreAnnounced, deletionsAreFound, overlapIsRead, pagesAreComplete, resumesAfterKill, samePageIsNoChange } from './pages';
import { refusesBadSettings } from './settings';
import { outputsAreValid, tellsNoSecret, writesOnly } from './totals';
import { unknownWritesAreReadBack, writesAreIdempotent } from './writes';

/** Throws what is wrong; a string says why the check does not concern this connector. */
type Work = (trial: Trial) => Promise<void | string>;

const each =
  (check: (scene: Scene) => Promise<void>) =>
  async ({ stage, scenes }: Trial): Promise<void | string> => {
    if (scenes.length === 0) return writesOnly;
    for (const scene of scenes) {
      await check(scene).catch((error: unknown) => {
        throw scenes.length === 1 ? error : new Error(`${scene.contract.entity}: ${(error as Error).message}`, { cause: error });
      });
      await stage.endCheck();
    }
    return undefined;
  };

export const checks = {
  'bad settings are refused by name, all at once': refusesBadSettings,
  'pages are complete and stable while things change': each(pagesAreComplete),
  'what appears behind the cursor is read again': each(overlapIsRead),
  'each change is announced once': each(changesAreAnnounced),
  'a hard delete is found': each(deletionsAreFound),
  'a killed process is resumed: nothing lost, nothing twice': each(resumesAfterKill),
  'the same page twice is no change': each(samePageIsNoChange),
  '429 is honoured': each(honoursRetryAfter),
  'a time-out is told as one': each(tellsTimeouts),
  'a failure is told, never taken for an empty answer': each(tellsFailures),
  'an empty 200 deletes nothing': each(survivesEmptyAnswers),
  'a truncated page deletes nothing': each(survivesTruncatedPages),
  'a malformed record becomes a dead letter': each(quarantinesMalformed),
  'a write is idempotent': writesAreIdempotent,
  'a write of unknown outcome is read back': unknownWritesAreReadBack,
  'every output is valid by its contract': outputsAreValid,
  'no secret in logs or spans': tellsNoSecret,
} satisfies Record<string, Work>;

export type CheckName = keyof typeof checks;
