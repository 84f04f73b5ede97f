import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, endpointsOf, systemClock } from '@steward/platform';
import { Webhook } from 'standardwebhooks';
import { casesFeature } from '../cases/cases.feature';
import { deskScene, type DeskScene } from '../fixtures/desk.fixture.spec';
import { aCase, aLetter, closed, tellCases, tellLetters } from '../fixtures/told.fixture.spec';
import { groupIdOf } from '../letters/group-id';
import { lettersFeature } from '../letters/letters.feature';
import { Notifier } from './notifier';
import { notifierFeature } from './notifier.feature';

const secret = `whsec_${Buffer.from('a secret of webhooks: the first').toString('base64')}`;
const lines: Record<string, unknown>[] = [];
const logger = Object.assign(createLogger({ service: 'test', level: 'silent' }), { warn: (line: Record<string, unknown>) => void lines.push(line) });

describe('owners', () => {
  let desk: DeskScene;
  let url: string;
  let status = 200;
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  let notifier: Notifier;

  beforeAll(async () => {
    // Its own loop would be quicker than the test's turns.
    desk = await deskScene([lettersFeature, casesFeature, { ...notifierFeature, open: () => ({ routes: [] }) }]);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`;
    notifier = new Notifier({ endpoints: endpointsOf(url, secret, 'S'), database: desk.database, clock: systemClock, logger: logger as never });
  });
  afterAll(async () => {
    await desk.close();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(async () => {
    [got.length, lines.length, status] = [0, 0, 200];
    await desk.tables.pool.query('truncate letter, letter_group, desk_case, notice, notice_delivery');
  });
  const id = groupIdOf(aLetter('any'));
  const late = { respondBy: '2026-01-01T11:00:00.000Z' };

  test('are told once of a deadline that has passed: in the log, and by a signed webhook', async () => {
    await tellLetters(desk.database, aLetter('a', late), aLetter('b', { message: 'in time' }));
    await notifier.turn();
    await notifier.turn();
    expect(lines).toMatchObject([{ notice: 'deadline-passed', subject: `group ${id}`, target: 'pricing-on-call' }]);
    const [hook] = got;
    expect(got).toHaveLength(1);
    expect(new Webhook(secret).verify(hook?.body ?? '', hook?.headers as Record<string, string>)).toMatchObject({ type: 'steward.deadline-passed', data: { team: 'Pricing', detail: { group: id, open: 1 } } });
    // Another deadline of the same group is another thing to know.
    await tellLetters(desk.database, aLetter('a', closed('discarded')), aLetter('c', { respondBy: '2026-01-01T12:00:00.000Z' }));
    await notifier.turn();
    expect(lines.map(({ notice }) => notice)).toEqual(['deadline-passed', 'deadline-passed']);
  });

  test('who has acknowledged is told instead of the escalation; what is ignored is not told', async () => {
    await tellLetters(desk.database, aLetter('a', late), aLetter('b', { ...late, message: 'ignored' }));
    await desk.database.query(`update letter_group set state = case message when 'ignored' then 'ignored' else 'acknowledged' end, ignored_until = 'infinity'`);
    await notifier.turn();
    expect(lines).toMatchObject([{ target: '#team-pricing' }]);
  });

  test('what is ignored comes back when its time is over', async () => {
    await tellLetters(desk.database, aLetter('a'));
    await desk.database.query(`update letter_group set state = 'ignored', ignored_until = now() - interval '1 second'`);
    await notifier.turn();
    expect(await desk.database.query('select state, ignored_until from letter_group')).toEqual([{ state: 'open', ignored_until: null }]);
  });

  test('an endpoint that is down is told later, with the same id', async () => {
    status = 503;
    await tellCases(desk.database, aCase('a'), aCase('b', { severity: 'warning' }));
    await notifier.turn();
    await notifier.turn();
    expect(got).toHaveLength(1);
    status = 200;
    await desk.database.query('update notice_delivery set next_at = now()');
    await notifier.turn();
    await notifier.turn();
    expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([got[0]?.headers['webhook-id'], got[0]?.headers['webhook-id']]);
    expect(JSON.parse(got[1]?.body ?? '{}')).toMatchObject({ type: 'steward.critical-case', data: { subject: 'case a', target: 'pricing-on-call' } });
    expect(await desk.database.query('select from notice_delivery')).toHaveLength(0);
  });

  test('an endpoint that wants nothing more is asked no more', async () => {
    status = 410;
    await tellCases(desk.database, aCase('a'));
    await notifier.turn();
    expect(await desk.database.query('select error, given_up_at is not null as over from notice_delivery')).toEqual([{ error: 'status 410', over: true }]);
  });
});
