import { endpointsOf } from '@steward/platform';
import type { Feature } from '../api/feature';
import { DeskNotices1796000003000 } from './notices.migration';
import { Notifier } from './notifier';

export const notifierFeature: Feature = {
  name: 'notifier',
  migrations: [DeskNotices1796000003000],
  open: ({ env, database, clock, logger }) => {
    const endpoints = endpointsOf(env.STEWARD_OPERATIONS_WEBHOOKS, env.STEWARD_OPERATIONS_WEBHOOK_SECRETS, 'STEWARD_OPERATIONS_WEBHOOK_SECRETS');
    const notifier = new Notifier({ endpoints, database, clock, logger });
    return { routes: [], start: () => notifier.start(), stop: () => notifier.stop() };
  },
};
