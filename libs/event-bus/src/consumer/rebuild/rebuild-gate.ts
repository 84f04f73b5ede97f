import { applyGate, type Gate, type Part, toChange } from '../gate/apply-gate';

/**
 * Lets through also what is stored already under the same revision, so that what a projection derives from it is written anew: the
 * table that was dropped may be the derived one. The gate's upsert has locked those rows, so nothing newer slips in between, and
 * what is stored under a higher revision stays out as ever (I3).
 */
export const rebuildGate: Gate = async <P extends Part>(...[tx, contract, parts]: [Parameters<Gate>[0], Parameters<Gate>[1], readonly P[]]) => {
  const passage = await applyGate(tx, contract, parts);
  const moved = [...passage.moved, ...passage.duplicates.map(toChange)].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { ...passage, moved, duplicates: [] };
};
