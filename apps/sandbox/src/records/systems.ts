import { z } from 'zod';
import { RejectedError, type ProblemPlace } from '@steward/platform';
import { Faulty } from '../problem';
import { collectionSpecs, systemNames, type CollectionSpec, type SystemName } from './collections';

export function collectionsOf(system: SystemName): readonly string[] {
  return collectionSpecs.filter((spec) => spec.system === system).map((spec) => spec.name);
}

/** Refuses a name that isn't there with the list of what is. */
export function findSpec(system: string, collection: string): CollectionSpec {
  const known = asSystem(system);
  const found = collectionSpecs.find((spec) => spec.system === known && spec.name === collection);
  if (found) return found;
  const existing = collectionsOf(known).map((name) => `${known}/${name}`);
  throw new RejectedError('SANDBOX_UNKNOWN_COLLECTION', `${known} has no collection ${JSON.stringify(collection)}`, { place: '', accepted: existing.join(', ') || `what apps/sandbox/README.md says of ${known}` });
}

export function asSystem(name: string): SystemName {
  const found = systemNames.find((system) => system === name);
  if (found) return found;
  throw new RejectedError('SANDBOX_UNKNOWN_SYSTEM', `there is no system ${JSON.stringify(name)}`, { place: '', accepted: systemNames.join(', ') });
}

/** Checks one record; the stamps of the store are dropped first, so that what was read can be written back. */
export function checkRecord(spec: CollectionSpec, id: string, given: Record<string, unknown>, at = ''): Record<string, unknown> {
  const { modifiedAt: _at, version: _version, ...own } = given;
  const parsed = spec.record.safeParse(spec.fill(id, own));
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => toPointed(issue, at)));
  const disagreements = spec.agree(parsed.data);
  if (disagreements.length > 0) throw invalid(disagreements.map((fault) => ({ ...fault, pointer: at + fault.pointer })));
  return parsed.data;
}

/** Refuses a record that names others which are not there. */
export function checkNeeds(spec: CollectionSpec, record: Record<string, unknown>, exists: (id: string) => boolean, at = ''): void {
  const missing = (spec.needs?.(record) ?? []).filter(({ id }) => !exists(id));
  const accepted = `what ${spec.along?.into.system}/${spec.along?.into.name} has`;
  if (missing.length > 0) throw invalid(missing.map(({ id, pointer }) => ({ pointer: at + pointer, detail: `there is no ${JSON.stringify(id)}`, accepted })));
}

export function schemasOf(system: SystemName): Record<string, unknown> {
  const mine = collectionSpecs.filter((spec) => spec.system === system);
  return Object.fromEntries(mine.map((spec) => [spec.name, z.toJSONSchema(spec.record, { io: 'input' })]));
}

export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function toPointed(issue: z.core.$ZodIssue, at: string): ProblemPlace[] {
  const accepted = 'what GET /_control/{system}/schema names';
  if (issue.code !== 'unrecognized_keys') return [{ pointer: at + pointerOf(issue.path), detail: issue.message, accepted }];
  return issue.keys.map((key) => ({ pointer: at + pointerOf([...issue.path, key]), detail: 'no such field', accepted }));
}

function invalid(errors: ProblemPlace[]): Faulty {
  return new Faulty('SANDBOX_RECORD_INVALID', 'the record does not fit its schema (?unchecked=true plants it all the same)', errors);
}
