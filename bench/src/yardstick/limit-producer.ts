import type { PoolClient } from 'pg';
import { bodyOf, metronome, type Change } from './changes';
import { wallMs, type Recorder } from './line';

export interface Batch {
  readonly writer: PoolClient;
  readonly next: (at: number) => Change;
  produced: number;
}

export interface Producer {
  /** Ends after what was begun is written. */
  readonly stop: () => Promise<void>;
}

const BATCH = 500;
/** More than this in flight measures a queue instead of a line. */
const MAX_IN_FLIGHT = 6_000;

// One round trip for state, outbox and the wake-up of the relay.
const write = {
  name: 'limit-write',
  text: `
    with given as (select * from unnest($1::bigint[], $2::bigint[], $3::text[]) given (id, version, payload)),
    state as (
      insert into limit_state select id, version, payload::jsonb from given
      on conflict (id) do update set version = excluded.version, payload = excluded.payload
      where limit_state.version < excluded.version),
    woken as (select pg_notify('limit_outbox', ''))
    insert into limit_outbox (subject, payload)
    select 'bench.limit.' || id, payload from given where (select count(*) from woken) = 1`,
};

export function produceToSaturation(batch: Batch, recorder: Recorder): Producer {
  let running = true;
  // Started from zero at each slice: what a stream dropped as overtaken is never applied.
  const ahead = batch.produced - recorder.applied;
  const work = (async () => {
    while (running) {
      if (batch.produced - recorder.applied - ahead > MAX_IN_FLIGHT) await new Promise((resolve) => setTimeout(resolve, 1));
      else await put(batch, Array.from({ length: BATCH }, () => batch.next(wallMs())));
    }
  })();
  return {
    stop: async () => {
      running = false;
      await work;
    },
  };
}

export function produceAtRate(batch: Batch, perSecond: number): Producer {
  const waiting: Change[] = [];
  let work: Promise<void> = Promise.resolve();
  let busy = false;
  const pump = async () => {
    busy = true;
    while (waiting.length > 0) await put(batch, waiting.splice(0, BATCH));
    busy = false;
  };
  const stop = metronome(perSecond, (count) => {
    for (let made = 0; made < count; made += 1) waiting.push(batch.next(wallMs()));
    if (!busy) work = pump();
  });
  return {
    stop: async () => {
      stop();
      await work;
    },
  };
}

/** One entity twice in a batch is two events but can't be one upsert: the later ones go into a statement after. */
async function put(batch: Batch, changes: readonly Change[]): Promise<void> {
  const ids = new Set<number>();
  const later: Change[] = [];
  const now = changes.filter((change) => {
    const first = !ids.has(change.id);
    ids.add(change.id);
    if (!first) later.push(change);
    return first;
  });
  await batch.writer.query({ ...write, values: [now.map(({ id }) => id), now.map(({ version }) => version), now.map(bodyOf)] });
  batch.produced += now.length;
  if (later.length > 0) await put(batch, later);
}
