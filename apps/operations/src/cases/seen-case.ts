import type { Database } from '@steward/platform';
import { conflict, notFound } from '../api/outcomes';
import type { Asking } from '../api/route';
import { type CaseRow, findCase } from './cases.queries';

/** 404 is for whoever may see it: that something is there says nothing to others. */
export async function seenCase(database: Pick<Database, 'query'>, { params, allow }: Pick<Asking, 'params' | 'allow'>): Promise<CaseRow> {
  const id = params['id'] ?? '';
  const found = await findCase(database, id);
  if (found === undefined) throw notFound('case', id);
  await allow('viewer', found.owner.team, `case ${id}`);
  return found;
}

/** What is thrown at who would act on a case that is over. */
export function closed({ caseId, state, closedBy, closedReason }: CaseRow): Error {
  return conflict(`case ${caseId} is ${state}${closedBy === null ? '' : ` by ${closedBy}`}${closedReason === null ? '' : `: ${closedReason}`}`, 'a case that is open');
}
