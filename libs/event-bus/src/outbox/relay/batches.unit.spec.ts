import { StewardError } from '@steward/platform';
import type { PublishOutcome } from '../../broker';
import { Batches, type Outgoing } from './batches';

const refused = (code?: number): PublishOutcome => ({ kind: 'refused', error: new StewardError('BROKER_PUBLISH_REFUSED', 'no'), code });
const stored: PublishOutcome = { kind: 'stored', stream: 'S', sequence: 1_000, duplicate: false };

function scene(answer: PublishOutcome) {
  const sent: string[] = [];
  const overtaken = new Set<string>();
  const outcomes: PublishOutcome[] = [];
  const batches = new Batches({
    publish: (subject, _headers, _body, done) => (sent.push(subject), done(stored)),
    publishBatch: (messages, done) => (sent.push(`batch of ${messages.length}`), done(answer)),
  });
  batches.syncAlways = true;
  const messages = (count: number, alone = false): Outgoing[] => Array.from({ length: count }, (_, index) => ({ subject: `s${index}`, headers: Buffer.alloc(0), body: '', alone, overtaken: () => overtaken.has(`s${index}`), done: (outcome) => outcomes.push(outcome) }));
  return { batches, sent, outcomes, messages, overtaken };
}

describe('B11: batches of the relay', () => {
  it('hold at most 500, and each message learns its own sequence', () => {
    const { batches, sent, outcomes, messages } = scene(stored);
    batches.send('S', messages(700));
    expect(sent).toEqual(['batch of 500', 'batch of 200']);
    expect(outcomes.slice(0, 500).map((outcome) => outcome.kind === 'stored' && outcome.sequence)).toEqual(Array.from({ length: 500 }, (_, index) => 501 + index));
  });

  it('that are refused go one by one at once, and nobody is told of the refusal', () => {
    const { batches, sent, outcomes, messages } = scene(refused(10_201));
    batches.send('S', messages(30));
    expect(sent).toEqual(['batch of 30', ...messages(30).map(({ subject }) => subject)]);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['stored']));
    batches.send('S', messages(40));
    expect(sent).toContain('batch of 40');
  });

  it('B12: that are refused give back what a newer state has overtaken meanwhile', () => {
    const { batches, sent, outcomes, messages, overtaken } = scene(refused(10_201));
    overtaken.add('s3');
    batches.send('S', messages(20));
    expect(sent).not.toContain('s3');
    expect(outcomes.filter(({ kind }) => kind === 'unknown')).toHaveLength(1);
  });

  it('are not tried again for a while where the stream does not allow them', () => {
    const { batches, sent, messages } = scene(refused(10_174));
    batches.send('S', messages(30));
    batches.send('S', messages(30));
    batches.send('T', messages(30));
    expect(sent.filter((what) => what.startsWith('batch'))).toHaveLength(2);
  });

  it('leave out what failed before, and are not made of a few messages or for a lazy broker', () => {
    const { batches, sent, messages } = scene(stored);
    batches.send('S', [...messages(25), ...messages(2, true)]);
    expect(sent).toEqual(['s0', 's1', 'batch of 25']);
    batches.send('S', messages(19));
    batches.syncAlways = false;
    batches.send('S', messages(600));
    expect(sent.filter((what) => what.startsWith('batch'))).toHaveLength(1);
  });
});
