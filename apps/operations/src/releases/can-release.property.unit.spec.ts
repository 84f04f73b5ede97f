import type { BacklogAnswer, Release } from '@steward/contracts';
import fc from 'fast-check';
import { afterwards, canRelease, canRetire } from './can-release';
import type { Change, Facts, Living, Unread } from './facts';

// Three services in a line, pim → gateway → desk, and what each may say and read of two versions.
const line = [{ entity: 'product', producer: 'pim', consumer: 'gateway' }, { entity: 'document', producer: 'gateway', consumer: 'desk' }] as const;
const names = ['pim', 'gateway', 'desk'] as const;
const majors = [1, 2] as const;

const releaseOf = (service: string, version: string, says: readonly number[], read: readonly number[], migrations: readonly string[] = ['m1']): Release => ({
  service, version, migrations, processes: [service],
  produces: line.filter(({ producer }) => producer === service).flatMap(({ entity }) => says.map((major) => ({ entity, major }))),
  reads: line.filter(({ consumer }) => consumer === service).flatMap(({ entity, producer }) => read.map((major) => ({ entity, major, from: [producer] }))),
});
const living = (release: Release, applied: readonly string[] = ['m1']): Living => ({ service: release.service, process: release.service, instance: `${release.service}-0`, release, applied });
const empty: BacklogAnswer = { outbox: [], held: [], letters: [], announced: [], stored: [] };
const at = '2026-01-01T00:00:00.000Z';
const seen = (waits: (entity: string, major: number) => boolean | null): Unread[] => line.flatMap(({ entity, producer, consumer }) => majors.map((major) => ({ entity, major, producer, consumer, durable: `${consumer}-x`, stream: producer.toUpperCase(), waits: waits(entity, major) })));
const world = (releases: readonly Release[], more: Partial<Facts> = {}): Facts => ({
  living: releases.map((release) => living(release)), lost: [], registered: [], arrows: line, backlogs: Object.fromEntries(names.map((name) => [name, empty])), unread: seen(() => false), acts: [], ranOn: [], owners: { product: 'Catalogue' }, ...more,
});
const v1 = names.map((name) => releaseOf(name, '1', [1], [1]));
const letter = { id: 'l1', consumer: 'gateway-catalogue', key: 'cap', class: 'bug', system: 'pim', entity: 'product', major: 1 };
const withLetter = { ...empty, letters: [{ system: 'pim', entity: 'product', major: 1, count: 1, oldestAt: at, named: [letter] }] };
const waitingRow = { system: 'pim', entity: 'product', major: 1, count: 3, oldestAt: at };

const some = fc.subarray([...majors], { minLength: 1 });
const anyRelease = (service: string, version: string): fc.Arbitrary<Release> => fc.tuple(some, some).map(([says, read]) => releaseOf(service, version, says, read));
/** A world in which everybody lives and reads what is said, and a release of each that is to come. */
const anyWorld = fc.tuple(fc.tuple(...names.map((name) => anyRelease(name, '1'))), fc.tuple(...names.map((name) => anyRelease(name, '2'))), fc.infiniteStream(fc.boolean())).map(([now, next, dice]) => ({ facts: world(now, { registered: next, unread: seen(() => dice.next().value as boolean) }), next }));

describe('the release gate', () => {
  it('says yes to what everybody reads, and no with owner to what a reader does not', () => {
    const facts = world(v1, { registered: [releaseOf('pim', '2', [1], [1]), releaseOf('pim', '3', [2], [1])] });
    expect(canRelease([{ service: 'pim', version: '2' }], facts)).toMatchObject({ answer: 'yes', order: [{ service: 'pim', version: '2' }] });
    expect(canRelease([{ service: 'pim', version: '3' }], facts)).toMatchObject({
      answer: 'no', breaks: [{ kind: 'reader', service: 'gateway', contract: 'product@2', owner: 'Catalogue', detail: 'gateway 1 reads product@1 of pim and not product@2' }],
    });
  });

  it('names the reader of a roll that is half over', () => {
    const half = world(v1, { registered: [releaseOf('pim', '2', [2], [1])] });
    const both = { ...half, living: [...half.living, { ...living(releaseOf('gateway', '2', [1], [1, 2])), instance: 'gateway-1' }] };
    expect(canRelease([{ service: 'pim', version: '2' }], both)).toMatchObject({ answer: 'no', breaks: [{ service: 'gateway', detail: expect.stringContaining('gateway 1 reads') }] });
  });

  it('says no with everything that only the old build could read: letter, held, outbox, stream', () => {
    const drops = [releaseOf('gateway', '2', [1], [2])];
    const pim2 = [releaseOf('pim', '2', [2], [1]), releaseOf('gateway', '1', [1], [1, 2]), ...v1.slice(2)];
    const change = [{ service: 'gateway', version: '2' }];
    const ask = (more: Partial<Facts>) => canRelease(change, world(pim2, { registered: drops, ...more }));
    expect(ask({}).answer).toBe('yes');
    expect(ask({ backlogs: { pim: empty, desk: empty, gateway: withLetter } })).toMatchObject({ answer: 'no', breaks: [{ kind: 'letter', service: 'gateway', detail: 'dead letter l1 of gateway-catalogue (bug, key cap)' }] });
    expect(ask({ backlogs: { pim: empty, desk: empty, gateway: { ...empty, held: [waitingRow] } } })).toMatchObject({ answer: 'no', breaks: [{ kind: 'held' }] });
    expect(ask({ backlogs: { pim: { ...empty, outbox: [waitingRow] }, desk: empty, gateway: empty } })).toMatchObject({ answer: 'no', breaks: [{ kind: 'outbox', service: 'pim' }] });
    expect(ask({ backlogs: { pim: { ...empty, announced: [waitingRow] }, desk: empty, gateway: empty } })).toMatchObject({ answer: 'no', breaks: [{ kind: 'announced', service: 'pim' }] });
    expect(ask({ backlogs: { pim: empty, desk: empty, gateway: { ...empty, stored: [{ ...waitingRow, system: 'gateway' }] } } })).toMatchObject({ answer: 'no', breaks: [{ kind: 'stored', service: 'gateway' }] });
    expect(ask({ unread: seen((entity, major) => entity === 'product' && major === 1) })).toMatchObject({ answer: 'no', breaks: [{ kind: 'stream', detail: 'PIM holds messages of it that gateway-x has not acknowledged' }] });
    // Of a version that it goes on reading anything may wait.
    expect(ask({ unread: seen((_entity, major) => major === 2) }).answer).toBe('yes');
  });

  it('computes the order of a two-sided change, also when only one side was asked for', () => {
    const registered = [releaseOf('pim', '2', [2], [1]), releaseOf('gateway', '2', [1], [1, 2])];
    const both: Change[] = [{ service: 'pim', version: '2' }, { service: 'gateway', version: '2' }];
    const facts = world(v1, { registered });
    expect(canRelease(both, facts)).toMatchObject({ answer: 'yes', order: [both[1], both[0]] });
    expect(canRelease([{ service: 'pim', version: '2' }], facts)).toMatchObject({ answer: 'no', order: [both[1], both[0]] });
    // No order helps when each side can only do without the other.
    expect(canRelease(both, world(v1, { registered: [releaseOf('pim', '2', [2], [1]), releaseOf('gateway', '2', [1], [2])] }))).toMatchObject({ answer: 'no', order: [] });
  });

  it('can not say whether a build works on a schema on which it was never seen', () => {
    const registered = [releaseOf('pim', '0', [1], [1], ['m1'])];
    const newer = { ...world(v1, { registered }), living: v1.map((release) => living(release, ['m1', 'm2'])) };
    const change = [{ service: 'pim', version: '0' }];
    expect(canRelease(change, newer)).toMatchObject({ answer: 'cannot-say', missing: ['whether pim 0 works on a database that has had m2: it was never seen there'] });
    expect(canRelease(change, { ...newer, ranOn: [{ service: 'pim', version: '0', applied: ['m1', 'm2'] }] }).answer).toBe('yes');
  });

  it('can not say which build is meant when two have one name, or none was ever heard of', () => {
    expect(canRelease([{ service: 'pim', version: '9' }], world(v1)).answer).toBe('cannot-say');
    expect(canRelease([{ service: 'pim', version: '1' }], world(v1, { registered: [releaseOf('pim', '1', [2], [1])] }))).toMatchObject({ answer: 'cannot-say', missing: [expect.stringContaining('which build pim 1 is')] });
    expect(canRelease([], world(v1)).answer).toBe('cannot-say');
  });

  it('says no to a retired version, notes a deprecated one, and retires only what nobody says and nothing waits of', () => {
    const facts = world(v1, { acts: [{ entity: 'product', major: 1, state: 'retired', until: null }] });
    expect(canRelease([{ service: 'pim', version: '1' }], facts)).toMatchObject({ answer: 'no', breaks: [{ kind: 'retired' }] });
    expect(canRelease([{ service: 'pim', version: '1' }], world(v1, { acts: [{ entity: 'product', major: 1, state: 'deprecated', until: null }] }))).toMatchObject({ answer: 'yes', notes: ['product@1 is deprecated, and pim 1 says it'] });
    const product1 = { entity: 'product', major: 1 };
    expect(canRetire(product1, world(v1))).toMatchObject({ answer: 'no', breaks: [{ kind: 'producer', service: 'pim' }] });
    const gone = [releaseOf('pim', '2', [2], [1]), releaseOf('gateway', '2', [1], [1, 2]), ...v1.slice(2)];
    expect(canRetire(product1, world(gone)).answer).toBe('yes');
    expect(canRetire(product1, world(gone, { backlogs: { pim: empty, gateway: withLetter, desk: empty } }))).toMatchObject({ answer: 'no', breaks: [{ kind: 'letter', detail: expect.stringContaining('l1') }] });
    expect(canRetire(product1, world(gone, { backlogs: { pim: { ...empty, outbox: [waitingRow] }, gateway: empty, desk: empty } })).answer).toBe('no');
    expect(canRetire(product1, world(gone, { unread: seen((entity) => entity === 'product') })).answer).toBe('no');
    expect(canRetire(product1, world(gone, { unread: seen(() => null) })).answer).toBe('cannot-say');
    expect(canRetire({ entity: 'nothing', major: 1 }, world(gone)).answer).toBe('cannot-say');
    expect(canRetire(product1, world(gone, { backlogs: { pim: { ...empty, announced: [waitingRow] }, gateway: empty, desk: empty } }))).toMatchObject({ answer: 'no', breaks: [{ kind: 'announced', service: 'pim' }] });
    expect(canRetire(product1, world(gone, { backlogs: { pim: empty, gateway: { ...empty, stored: [waitingRow] }, desk: empty } }))).toMatchObject({ answer: 'no', breaks: [{ kind: 'stored', service: 'gateway' }] });
    // Of a time in which nobody noted it.
    expect(canRetire(product1, world(gone, { backlogs: { pim: empty, gateway: { outbox: [], held: [], letters: [] }, desk: empty } })).answer).toBe('cannot-say');
  });

  it('never says yes when any fact that it rests on is missing', () => {
    fc.assert(
      fc.property(anyWorld, fc.constantFrom(...names), ({ facts, next }, service) => {
        const change = [{ service, version: '2' }];
        const release = next.find((each) => each.service === service) as Release;
        fc.pre(canRelease(change, facts).answer === 'yes');
        const about = [service, ...line.flatMap(({ producer, consumer }) => (producer === service ? [consumer] : consumer === service ? [producer] : []))];
        for (const name of about) {
          expect(canRelease(change, { ...facts, living: facts.living.filter((each) => each.service !== name) }).answer).not.toBe('yes');
          expect(canRelease(change, { ...facts, lost: [{ service: name, process: name, instance: 'x', version: '0', silentForMs: 50_000 }] }).answer).not.toBe('yes');
          const half = facts.living.map((each) => (each.service === name ? { ...each, release: { ...each.release, processes: [name, `${name}-api`] } } : each));
          expect(canRelease(change, { ...facts, living: half }).answer).not.toBe('yes');
        }
        expect(canRelease(change, { ...facts, registered: [] }).answer).not.toBe('yes');
        const { [service]: _silent, ...others } = facts.backlogs;
        expect(canRelease(change, { ...facts, backlogs: others }).answer).not.toBe('yes');
        const drops = facts.living.some((each) => each.service === service && each.release.reads.some(({ major }) => !release.reads.some((read) => read.major === major)));
        if (!drops) return;
        expect(canRelease(change, { ...facts, unread: seen(() => null) }).answer).not.toBe('yes');
        expect(canRelease(change, { ...facts, unread: [] }).answer).not.toBe('yes');
        expect(canRelease(change, { ...facts, backlogs: { [service]: empty } }).answer).not.toBe('yes');
      }),
      { numRuns: 300 },
    );
  });

  it('says yes only where every reader that lives reads all that would be said', () => {
    fc.assert(
      fc.property(anyWorld, fc.constantFrom(...names), ({ facts, next }, service) => {
        const release = next.find((each) => each.service === service) as Release;
        fc.pre(canRelease([{ service, version: '2' }], facts).answer === 'yes');
        for (const { entity, producer, consumer } of line) {
          const saying = [...facts.living.map((each) => each.release), release].filter((each) => each.service === producer).flatMap((each) => each.produces.map(({ major }) => major));
          const reading = [...(consumer === service ? [] : facts.living.map((each) => each.release)), release].filter((each) => each.service === consumer);
          if (producer === service || consumer === service) for (const each of reading) expect(each.reads.filter((read) => read.entity === entity).map(({ major }) => major)).toEqual(expect.arrayContaining(producer === service ? release.produces.map(({ major }) => major) : saying));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('computes only orders of which every single step is a yes when those before it are done', () => {
    let found = 0;
    fc.assert(
      fc.property(anyWorld, fc.subarray([...names], { minLength: 2 }), ({ facts }, chosen) => {
        const quiet = { ...facts, unread: seen(() => false) };
        const { answer, order } = canRelease(chosen.map((service) => ({ service, version: '2' })), quiet);
        if (answer !== 'yes') return;
        found += 1;
        expect(order.map(({ service }) => service).toSorted()).toEqual(chosen.toSorted());
        let now: Facts = quiet;
        for (const change of order) {
          expect(canRelease([change], now).answer).toBe('yes');
          now = afterwards(change, now);
        }
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(10);
  });
});
