import type { KeyEvidence, SourceItem } from '@steward/contracts';
import { type ArrowEvidence, causeOfArrow, causeOfSource } from './cause';

const known = (more: Partial<KeyEvidence> = {}): KeyEvidence => ({
  key: 'k', revision: 5, data: {}, hash: 'h5', storedHash: 'h5', changedAt: '2027-01-01T00:00:00.000Z', messageId: 'm5', origin: null, appliedAt: null, letter: null, source: null,
  sent: { revision: 5, messageId: 'm5', publishedAt: '2027-01-01T00:00:01.000Z', epoch: 'e', sequence: 50 }, ...more,
});
const behind = known({ revision: 4, hash: 'h4', storedHash: 'h4', messageId: 'm4', sent: null });
const arrow = (more: Partial<ArrowEvidence>): ReturnType<typeof causeOfArrow> =>
  causeOfArrow({ kind: 'stale', owner: known(), holder: behind, stored: { sequence: 50, messageId: 'm5', revision: 5 }, ackFloor: 60, ...more });
const cause = (answer: ReturnType<typeof causeOfArrow>): string => (answer === 'behind' ? answer : answer.cause);

describe('X4: a cause is read from evidence', () => {
  it.each<[string, Partial<ArrowEvidence>, string]>([
    ['a row whose content is not the one it was stored with', { kind: 'content', holder: known({ hash: 'x' }) }, 'manual-edit-in-read-model'],
    ['an owner’s row that was written past its adapter', { owner: known({ hash: 'x' }) }, 'out-of-scope-writer'],
    ['a message of the stream that the owner never sent', { kind: 'ahead', holder: known({ revision: 9, messageId: 'm9' }), stored: { sequence: 70, messageId: 'm9', revision: 9 } }, 'out-of-scope-writer'],
    ['a row that names another message than the strange one of the stream', { kind: 'ahead', holder: known({ revision: 9, messageId: 'm8' }), stored: { sequence: 70, messageId: 'm9', revision: 9 } }, 'manual-edit-in-read-model'],
    ['a row that no message brought', { kind: 'extra', owner: undefined, holder: known({ messageId: 'm0' }), stored: null }, 'manual-edit-in-read-model'],
    ['what was acknowledged and is not there any more', { stored: { sequence: 40, messageId: 'm4', revision: 4 } }, 'broker-loss'],
    ['what was acknowledged by a stream that is gone', { stored: null }, 'broker-loss'],
    ['an announcement without a row in the outbox', { owner: known({ sent: null }), stored: { sequence: 40, messageId: 'm4', revision: 4 } }, 'relay-gap'],
    ['a row that was marked without an acknowledgement', { owner: known({ sent: { revision: 5, messageId: 'm5', publishedAt: 'then', epoch: null, sequence: null } }), stored: null }, 'relay-gap'],
    ['a letter about a schema', { holder: known({ ...behind, letter: { id: 'l', class: 'schema', consumer: 'c' } }) }, 'mapping-bug'],
    ['a letter about a failure', { holder: known({ ...behind, letter: { id: 'l', class: 'exhausted', consumer: 'c' } }) }, 'dead-letter'],
    ['a message that was acknowledged by the consumer, whose row is older', {}, 'manual-edit-in-read-model'],
    ['a row that is gone though its message was acknowledged', { kind: 'missing', holder: undefined }, 'manual-edit-in-read-model'],
    ['a message that is the last which the consumer acknowledged', { ackFloor: 50 }, 'manual-edit-in-read-model'],
    ['a row that was written over with its hash, under a message of its owner', { kind: 'content', holder: known({ hash: 'x', storedHash: 'x' }) }, 'manual-edit-in-read-model'],
    ['a message that the consumer has not come to', { ackFloor: 49 }, 'behind'],
  ])('%s', (_what, evidence, expected) => expect(cause(arrow(evidence))).toBe(expected));

  const item = (more: Partial<SourceItem> = {}): SourceItem => ({ key: 'k', hash: 's', data: {}, fault: null, version: 8, record: { hash: 'r8', by: '1.2' }, ...more });
  const announced = (version: number | null, more: Partial<KeyEvidence> = {}): KeyEvidence => known({ source: { version, hinted: false, heldBy: null, record: null }, ...more });
  const readAs = (hash: string, by: string, version: number | null = 8): KeyEvidence => known({ source: { version, hinted: false, heldBy: null, record: { hash, by } } });
  it.each<[string, KeyEvidence | undefined, SourceItem, string]>([
    ['a version that was never announced', announced(7), item(), 'lost-webhook'],
    ['a creation that was never announced', undefined, item(), 'lost-webhook'],
    ['a deletion that was never announced', announced(8), item({ hash: null, data: null, version: null }), 'lost-webhook'],
    ['another content under a version that was announced', announced(8), item(), 'manual-edit-at-source'],
    ['what the connector can not tell', announced(7), item({ hash: null, fault: { class: 'schema', message: 'no' } }), 'mapping-bug'],
    ['an announced row that somebody else wrote', announced(8, { hash: 'x' }), item(), 'out-of-scope-writer'],
    ['the same record, of which another version of the connector says something else', readAs('r8', '1.1'), item(), 'mapping-changed'],
    ['the same record where the source has no versions', readAs('r8', '1.1', null), item({ version: null }), 'mapping-changed'],
    ['another record under a version that was announced', readAs('r7', '1.2'), item(), 'manual-edit-at-source'],
    ['another record of a source without versions', readAs('r7', '1.2', null), item({ version: null }), 'lost-webhook'],
    ['another record read by another version, which may read more of it', readAs('r7', '1.1'), item(), 'manual-edit-at-source'],
    ['a record that is back though its deletion was announced', known({ hash: null, storedHash: null, data: null, source: { version: 8, hinted: false, heldBy: null, record: { hash: 'r8', by: '1.1' } } }), item({ version: 9 }), 'lost-webhook'],
    ['a change that the guard holds', known({ source: { version: 7, hinted: false, heldBy: 'case', record: null } }), item(), 'explained'],
    ['a webhook that waits', known({ source: { version: 7, hinted: true, heldBy: null, record: null } }), item(), 'behind'],
    ['a source that contradicts itself', announced(8), item({ hash: null, fault: { class: 'inconsistent', message: 'no' } }), 'explained'],
  ])('of the source: %s', (_what, mine, theirs, expected) => {
    const answer = causeOfSource({ announced: mine, source: theirs });
    expect(typeof answer === 'string' ? answer : answer.cause).toBe(expected);
  });

  it('an edit is proven by the record where the same version has read both, and only told as likely where another has', () => {
    const evidence = (mine: KeyEvidence): string => {
      const answer = causeOfSource({ announced: mine, source: item() });
      return typeof answer === 'string' ? answer : answer.evidence.join('; ');
    };
    expect(evidence(readAs('r7', '1.2'))).toMatch(/another one than version 1\.2 had read/);
    expect(evidence(readAs('r7', '1.1'))).toMatch(/announced by version 1\.1 and is read by 1\.2: where many keys/);
    expect(evidence(readAs('r8', '1.1'))).toMatch(/by version 1\.2, and not 1\.1/);
    expect(evidence(readAs('r8', '1.2'))).toMatch(/version 1\.2 with another configuration/);
  });
});
