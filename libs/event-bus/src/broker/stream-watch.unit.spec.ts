import { createLogger, manualClock, StewardError } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { BrokerState } from './broker-state';
import { StreamWatch } from './stream-watch';

const minute = 60_000;
const pimState = { epoch: 'e', firstSequence: 1, lastSequence: 1, lastMessageId: null, revisionFloor: 0 };
const whole: BrokerState = { serverVersion: '2.12.0', syncAlways: true, streams: { PIM_STATE: pimState }, durables: {} };
const lost: BrokerState = { ...whole, streams: {} };

describe('StreamWatch', () => {
  const clock = manualClock();
  let answer: BrokerState | StewardError = whole;
  let fatal: StewardError[] = [];
  let watch: StreamWatch | undefined;

  function start(options: { refuseLazyBroker?: boolean } = {}): void {
    fatal = [];
    watch = new StreamWatch({
      service: 'pim', streams: ['PIM_STATE'], broker: { onReconnect: () => () => undefined }, clock, logger: createLogger({ service: 'test', level: 'silent' }),
      ask: () => (answer instanceof StewardError ? Promise.reject(answer) : Promise.resolve(answer)), onFatal: (error) => void fatal.push(error), ...options,
    });
    watch.start();
  }
  afterEach(() => watch?.stop());
  /** Lets it ask once every minute of this time. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += minute) {
      await eventually(() => clock.sleepers === 1);
      clock.advance(minute);
      await eventually(() => clock.sleepers === 1);
    }
  };

  it('B7: a stream that stays missing makes the service not ready, and after five minutes ends it with a code', async () => {
    answer = lost;
    start();
    await pass(4 * minute);
    expect(watch?.problem()).toBe('missing streams: PIM_STATE');
    expect(fatal).toEqual([]);
    await pass(2 * minute);
    expect(fatal).toMatchObject([{ code: 'BROKER_NOT_READY', message: expect.stringContaining('missing streams: PIM_STATE, for 300 s') }]);
  });

  it('B7: a stream that comes back in between has the whole time again', async () => {
    answer = lost;
    start();
    await pass(4 * minute);
    answer = whole;
    await pass(2 * minute);
    answer = lost;
    await pass(4 * minute);
    expect(fatal).toEqual([]);
  });

  it('B3: that nobody answers is no proof that anything is missing', async () => {
    answer = lost;
    start();
    await pass(2 * minute);
    answer = new StewardError('BROKER_NO_ANSWERER', 'away');
    await pass(60 * minute);
    expect(fatal).toEqual([]);
  });

  it('B1: a broker that turns lazy under a running production service ends it with the code of that', async () => {
    answer = whole;
    start({ refuseLazyBroker: true });
    await pass(2 * minute);
    answer = { ...whole, syncAlways: false };
    await pass(7 * minute);
    expect(fatal).toMatchObject([{ code: 'BROKER_LAZY' }]);
  });
});
