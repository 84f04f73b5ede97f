import { StewardError } from '../errors/steward-error';
import { parseFaults } from './plan';
import { armFaults, through } from './through';

describe('fault seams', () => {
  let disarm: () => void = () => undefined;
  const arm = (text: string): void => {
    disarm = armFaults(text);
  };
  afterEach(() => disarm());

  const pass = async (done: string[] = []): Promise<string> => {
    try {
      return await through('commit', async () => (done.push('work'), 'done'));
    } catch (error) {
      return error instanceof StewardError ? error.code : 'other';
    }
  };

  it('T1: does the work and nothing else when nothing is armed, or armed for another seam', async () => {
    expect(await pass()).toBe('done');
    arm('delivery=throw-before');
    expect(await pass()).toBe('done');
  });

  it('T1: throws before the work is done, or after it', async () => {
    const before: string[] = [];
    arm('commit=throw-before');
    expect([await pass(before), before]).toEqual(['FAULT_INJECTED', []]);
    disarm();
    const after: string[] = [];
    arm('commit=throw-after');
    expect([await pass(after), after]).toEqual(['FAULT_INJECTED', ['work']]);
  });

  it('T1: strikes at the nth passage only', async () => {
    arm('commit=throw-before#3');
    expect([await pass(), await pass(), await pass(), await pass()]).toEqual(['done', 'done', 'FAULT_INJECTED', 'done']);
  });

  it('T1: hangs without doing the work', async () => {
    arm('commit=hang');
    const done: string[] = [];
    const outcome = await Promise.race([pass(done), new Promise((resolve) => setImmediate(() => resolve('still hanging')))]);
    expect([outcome, done]).toEqual(['still hanging', []]);
  });

  it('T4: strikes at the same passages for the same seed, about as often as asked', () => {
    const strikes = (text: string): boolean[] => {
      const [fault] = parseFaults(text);
      return Array.from({ length: 2_000 }, () => fault?.strikes() ?? false);
    };
    const first = strikes('commit=hang@0.1,seed=7');
    expect(strikes('seed=7,commit=hang@0.1')).toEqual(first);
    expect(strikes('seed=8,commit=hang@0.1')).not.toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(140);
    expect(first.filter(Boolean).length).toBeLessThan(260);
  });

  it.each(['commit', 'comit=hang', 'commit=explode', 'commit=hang@2', 'commit=hang#0', 'commit=hang@-1'])('refuses %s and says what is accepted', (text) => {
    expect(() => parseFaults(text)).toThrow(/ENV_INVALID: .*STEWARD_FAULTS.*accepted: .*publish-ack.*crash-after/s);
  });
});
