import { feedProgress, type FeedProgress } from '@steward/contracts';
import { defineHandler } from '@steward/event-bus';
import { recordClaim } from './progress.store';

/** Only stores the claim: whether it is true yet is for progressApplier to see (O8). */
export const feedProgressHandler = defineHandler<FeedProgress>({
  builds: 'progress',
  contract: feedProgress,
  handle: (tx, event) => recordClaim(tx, event.data),
});
