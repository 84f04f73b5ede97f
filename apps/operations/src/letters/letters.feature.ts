import { deadLetter } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';
import type { Feature } from '../api/feature';
import { groupRoutes } from './groups.routes';
import { DeskLetters1796000001000 } from './letters.migration';
import { editRoutes } from './letter/edit.routes';
import { letterRoutes } from './letter/letter.routes';
import { applyLetters } from './letters.store';
import { DeskWishes1796000004000 } from './letter/wishes.migration';

const lettersProjection = defineProjection({ builds: 'letters', contract: deadLetter, apply: applyLetters });

export const lettersFeature: Feature = {
  name: 'letters',
  migrations: [DeskLetters1796000001000, DeskWishes1796000004000],
  open: (parts) => ({ projections: [lettersProjection], routes: [...groupRoutes(parts), ...letterRoutes(parts), ...editRoutes(parts)] }),
};
