/**
 * Tells owners what can not wait for somebody to look. Invariants:
 *   1. What is to be told is a row that was written with what happened; the log has it once, each endpoint until it has accepted it.
 *   2. A claim keeps replicas apart; a process that dies leaves what it had in hand to the next one. Told twice, it has the same webhook-id.
 */
import { BackgroundLoop, type Clock, counter, type Database, type Endpoints, type Logger, postWebhook } from '@steward/platform';
import { endIgnoring } from '../letters/groups.store';
import { noteDeadlines } from './notice.store';

const EVERY_MS = 1_000;
const MOST_AT_ONCE = 20;
const CLAIM_S = 60;
/** As the Standard Webhooks specification proposes, in seconds; then it is given up, and stands in the log. */
const PAUSES_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000];

const told = counter('steward_notices_total', 'What owners were told of', ['kind', 'channel', 'outcome']);

interface Notice {
  readonly [column: string]: unknown;
  readonly noticeId: string;
  readonly kind: string;
  readonly subject: string;
  readonly team: string;
  readonly target: string;
  readonly summary: string;
  readonly detail: unknown;
  readonly noticedAt: Date;
}

interface Due extends Notice {
  readonly endpoint: string;
  readonly attempts: number;
}

const columns = `n.notice_id as "noticeId", n.kind, n.subject, n.owner_team as team, n.target, n.summary, n.detail, n.noticed_at as "noticedAt"`;

export class Notifier {
  private readonly loop: BackgroundLoop;

  constructor(private readonly parts: { readonly endpoints: Endpoints | undefined; readonly database: Database; readonly clock: Clock; readonly logger: Logger }) {
    this.loop = new BackgroundLoop({ ...parts, turn: () => this.turn(), pauseMs: EVERY_MS, failed: 'owners not told, trying again' });
  }

  start(): void {
    this.loop.start();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  async turn(): Promise<number> {
    const { database } = this.parts;
    await database.transaction(async (tx) => {
      await endIgnoring(tx);
      await noteDeadlines(tx);
    });
    await this.handOut();
    const sent = this.parts.endpoints === undefined ? 0 : await this.send(this.parts.endpoints);
    return sent < MOST_AT_ONCE ? EVERY_MS : 0;
  }

  /** To the log, and to the list of each endpoint, in one transaction. */
  private async handOut(): Promise<void> {
    const urls = this.parts.endpoints?.urls ?? [];
    const notices = await this.parts.database.transaction(async (tx) => {
      const { rows } = await tx.query<Notice>(
        `update notice n set sent_at = now() from (select notice_id from notice where sent_at is null order by noticed_at limit 100 for update skip locked) due where n.notice_id = due.notice_id returning ${columns}`);
      await tx.query('insert into notice_delivery (notice_id, endpoint) select id, url from unnest($1::uuid[]) id cross join unnest($2::text[]) url', [rows.map(({ noticeId }) => noticeId), urls]);
      return rows;
    });
    for (const { kind, subject, team, target, summary, detail } of notices) {
      told.inc({ kind, channel: 'log', outcome: 'told' });
      this.parts.logger.warn({ notice: kind, subject, team, target, detail }, summary);
    }
  }

  private async send(endpoints: Endpoints): Promise<number> {
    const due = await this.parts.database.query<Due>(
      `update notice_delivery d set attempts = attempts + 1, next_at = now() + interval '${String(CLAIM_S)} s'
        from (select notice_id, endpoint from notice_delivery where given_up_at is null and next_at <= now() order by next_at limit ${String(MOST_AT_ONCE)} for update skip locked) c, notice n
        where d.notice_id = c.notice_id and d.endpoint = c.endpoint and n.notice_id = d.notice_id
        returning d.endpoint, d.attempts, ${columns}`);
    await Promise.all(due.map((each) => this.post(endpoints, each)));
    return due.length;
  }

  private async post(endpoints: Endpoints, { noticeId, endpoint, attempts, kind, subject, team, target, summary, detail, noticedAt }: Due): Promise<void> {
    const { clock, database, logger } = this.parts;
    const at = new Date(clock.now());
    const body = JSON.stringify({ type: `steward.${kind}`, timestamp: noticedAt.toISOString(), data: { subject, team, target, summary, detail } });
    const headers = { 'webhook-id': noticeId, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)), 'webhook-signature': endpoints.sign(noticeId, at, body) };
    const attempt = await postWebhook(endpoint, body, headers, this.loop.signal);
    told.inc({ kind, channel: 'webhook', outcome: attempt.kind });
    if (attempt.kind === 'told') return void (await database.query('delete from notice_delivery where notice_id = $1 and endpoint = $2', [noticeId, endpoint]));
    const reason = attempt.kind === 'gone' ? 'status 410' : attempt.reason;
    const pause = attempt.kind === 'gone' ? undefined : PAUSES_S[attempts - 1];
    if (pause === undefined) logger.error({ endpoint, notice: kind, subject, reason }, 'an endpoint is not told of this any more');
    await database.query(
      `update notice_delivery set error = $3, given_up_at = case when $4::float8 is null then now() end, next_at = now() + make_interval(secs => coalesce($4::float8, 0)) where notice_id = $1 and endpoint = $2`,
      [noticeId, endpoint, reason, pause === undefined ? null : pause * (1 + Math.random() / 5)],
    );
  }
}
