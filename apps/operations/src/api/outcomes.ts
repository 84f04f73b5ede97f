import { RejectedError, StewardError } from '@steward/platform';

/** There is nothing of this id: `what` names the kind and where ids come from. */
export const notFound = (what: string, id: string): RejectedError => new RejectedError('OPERATIONS_NOT_FOUND', `no ${what} ${id.slice(0, 200)}`, { place: '/id', accepted: `the id of a ${what}` });

/** It is there, and not in a state for what was asked. `detail` says what became of it and who did that. */
export const conflict = (detail: string, accepted?: string): StewardError => new StewardError('OPERATIONS_CONFLICT', detail, accepted === undefined ? {} : { accepted });
