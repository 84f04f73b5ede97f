import { caseContract } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';
import type { Feature } from '../api/feature';
import { DeskCases1796000002000 } from './cases.migration';
import { caseRoutes } from './cases.routes';
import { applyCases } from './cases.store';

const casesProjection = defineProjection({ builds: 'cases', contract: caseContract, apply: applyCases });

export const casesFeature: Feature = {
  name: 'cases',
  migrations: [DeskCases1796000002000],
  open: (parts) => ({ projections: [casesProjection], routes: caseRoutes(parts) }),
};
