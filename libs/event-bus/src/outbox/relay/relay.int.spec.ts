import { product, subjectOf } from '@steward/contracts';
import { armFaults } from '@steward/platform';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { readWatermarks } from './stream-ledger';
import { type Bench, insertStates, nothingPending, openBench, stored } from './relay.fixture.spec';

describe('Relay', () => {
  let nats: TestBroker;
  let bench: Bench;

  beforeEach(async () => {
    nats = await testBroker();
    bench = await openBench(nats, { publishTimeoutMs: 400 });
  });
  afterEach(async () => {
    await bench.close();
    await nats.stop();
  });

  it('B11: marks each row by its own acknowledgement, with stream, epoch and sequence', async () => {
    await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }, { key: 'b', revision: 1 }])));
    await nothingPending(bench.database);
    const rows = await bench.database.query<{ message_id: string; stream: string; epoch: string; seq: number }>(
      'select message_id, stream, epoch, stream_sequence::int as seq from outbox order by id',
    );
    const messages = await stored(nats, 'PIM_STATE');
    expect(rows).toEqual(messages.map((message) => ({ message_id: message.id, stream: 'PIM_STATE', epoch: 'first', seq: message.sequence })));
    expect(await readWatermarks(bench.database)).toEqual(
      new Map([
        ['PIM_STATE', { epoch: 'first', sequence: 2, messageId: messages[1]?.id }],
        ['PIM_EVENTS', { epoch: 'first', sequence: 0, messageId: null }],
      ]),
    );
  });

  describe('B12: a state does not go out behind a newer one of its key', () => {
    /** What an owner's tables would say; here the outbox itself knows what was announced. */
    const withdraw = async (ids?: readonly string[]) => {
      const text = 'update outbox o set published_at = now() where published_at is null and ($1::bigint[] is null or id = any($1)) and exists (select from outbox n where n.key = o.key and n.revision > o.revision) returning id::text';
      return (await bench.database.query<{ id: string }>(text, [ids ?? null])).map(({ id }) => id);
    };

    it('when a predecessor left it pending and had sent the newer one', async () => {
      await bench.stopFirst();
      await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }, { key: 'a', revision: 2 }, { key: 'b', revision: 1 }])));
      await bench.database.query('update outbox set published_at = now() where revision = 2');
      await bench.newRelay({ withdraw });
      await nothingPending(bench.database);
      expect((await stored(nats, 'PIM_STATE')).map(({ subject }) => subject)).toEqual(['evt.pim.product.v1.b']);
    });

    it('when it was committed behind what was read before, and the newer one right after it', async () => {
      await bench.stopFirst();
      await bench.newRelay({ withdraw });
      const slow = await bench.test.pool.connect();
      const rounds = 60;
      for (let round = 0; round < rounds; round += 1) {
        await slow.query('begin');
        await slow.query(insertStates([{ key: `k${round}`, revision: 1 }]));
        // Higher ids are read while it is not committed, and a sweep is not always due when the newer one comes.
        await bench.database.query(...asQuery(insertStates([{ key: `other${round}`, revision: 1 }])));
        await eventually(async () => (await bench.database.query('select from outbox where key = $1 and published_at is not null', [`other${round}`])).length === 1, { everyMs: 1 });
        await slow.query('commit');
        await bench.database.query(...asQuery(insertStates([{ key: `k${round}`, revision: 2 }])));
      }
      slow.release();
      await nothingPending(bench.database);
      const kept = (await stored(nats, 'PIM_STATE')).filter(({ subject }) => subject.includes('.k'));
      expect(kept.map(({ revision }) => revision)).toEqual(Array.from({ length: rounds }, () => '2'));
    });

    it('when its own outcome is not known and the newer one was stored meanwhile', async () => {
      await bench.stopFirst();
      await bench.newRelay({ withdraw });
      const disarm = armFaults('publish-ack=hang#1');
      try {
        await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }])));
        await eventually(async () => (await stored(nats, 'PIM_STATE')).length === 1);
        await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 2 }])));
        await nothingPending(bench.database);
      } finally {
        disarm();
      }
      // Withdrawn, not sent again: no acknowledgement stands beside it.
      expect(await bench.database.query('select revision::int, stream_sequence::int as sequence from outbox order by revision')).toEqual([{ revision: 1, sequence: null }, { revision: 2, sequence: 2 }]);
    });

    it('when the broker died with the acknowledgements of both', async () => {
      await bench.stopFirst();
      await bench.newRelay({ withdraw, publishTimeoutMs: 60_000 });
      await bench.database.query(...asQuery(insertStates([{ key: 'b', revision: 1 }])));
      await nothingPending(bench.database);
      const disarm = armFaults('publish-ack=hang');
      try {
        await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }, { key: 'a', revision: 2 }])));
        await eventually(async () => (await stored(nats, 'PIM_STATE')).some(({ revision }) => revision === '2'));
        await nats.kill();
      } finally {
        disarm();
      }
      // A broker that starts knows the ids of what it still holds: the first one's is forgotten, the second one's is not.
      await nats.restart();
      await nothingPending(bench.database);
      expect((await stored(nats, 'PIM_STATE')).map(({ revision, sequence }) => ({ revision, sequence }))).toEqual([{ revision: '1', sequence: 1 }, { revision: '2', sequence: 3 }]);
    });

    it('when a crash of the database took back the marks of both', async () => {
      await bench.stopFirst();
      await bench.newRelay({ withdraw });
      for (const revision of [1, 2]) {
        await bench.database.query(...asQuery(insertStates([{ key: 'a', revision }])));
        await nothingPending(bench.database);
      }
      await nats.kill();
      await nats.restart();
      await takeBackMarks();
      await nothingPending(bench.database);
      expect((await stored(nats, 'PIM_STATE')).map(({ revision }) => revision)).toEqual(['2']);
    });

    /** As recovery leaves it: marks are committed without waiting for the disk, and no connection outlives the server. */
    async function takeBackMarks(): Promise<void> {
      const crash = await bench.test.pool.connect();
      await crash.query('begin');
      // Nobody reads while the server is away.
      await crash.query('lock table outbox in access exclusive mode');
      await crash.query('update outbox set published_at = null, stream = null, epoch = null, stream_sequence = null');
      await crash.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');
      await crash.query('commit');
      crash.release();
    }
  });

  it('O2: a row with a lower id that commits later is published', async () => {
    const slow = await bench.test.pool.connect();
    await slow.query('begin');
    await slow.query(insertStates([{ key: 'slow', revision: 1 }]));
    await bench.database.query(...asQuery(insertStates([{ key: 'fast', revision: 1 }])));
    await eventually(async () => (await stored(nats, 'PIM_STATE')).length === 1);
    await slow.query('commit');
    slow.release();
    await nothingPending(bench.database);
    expect((await stored(nats, 'PIM_STATE')).map((message) => message.subject)).toEqual(['evt.pim.product.v1.fast', 'evt.pim.product.v1.slow']);
  });

  it('O2: nothing of many concurrent writers with late commits is lost, and every row is sent once', async () => {
    const writers = 12;
    const rounds = 40;
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        const client = await bench.test.pool.connect();
        try {
          for (let round = 0; round < rounds; round += 1) {
            await client.query('begin');
            await client.query(insertStates([{ key: `w${writer}-${round}`, revision: 1 }]));
            // Ids are given above, commits come in another order: each writer holds its transaction open for another while.
            await client.query('select pg_sleep($1)', [((writer * 7 + round * 3) % 11) / 1_000]);
            await client.query('commit');
          }
        } finally {
          client.release();
        }
      }),
    );
    await nothingPending(bench.database);
    const messages = await stored(nats, 'PIM_STATE');
    expect(messages).toHaveLength(writers * rounds);
    // One per subject is kept, so the last sequence counts what was stored: nothing twice.
    expect(messages.at(-1)?.sequence).toBe(writers * rounds);
  });

  it('O3: a key that fails stops that key only, and goes on when it can', async () => {
    const poison = subjectOf(product, 'pim', 'poison');
    await bench.database.query(...asQuery(insertStates([{ key: 'poison', revision: 1, body: 'x'.repeat(1_100_000) }, { key: 'fine', revision: 1 }])));
    await eventually(async () => (await stored(nats, 'PIM_STATE')).some((message) => message.subject.endsWith('.fine')));
    await bench.database.query(...asQuery(insertStates(Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, revision: 1 })))));
    await eventually(async () => (await stored(nats, 'PIM_STATE')).length === 51);
    // Stored comes before marked.
    await eventually(async () => {
      const left = await bench.database.query<{ subject: string }>('select subject from outbox where published_at is null');
      expect(left).toEqual([{ subject: poison }]);
      return true;
    });
    await bench.database.query(`update outbox set body = '{}' where subject = $1`, [poison]);
    await nothingPending(bench.database);
  });

  it('O9: a backfill of many rows does not hold up a live change', async () => {
    const backfill = Array.from({ length: 20_000 }, (_, index) => ({ key: `old${index}`, revision: 1, lane: 1 as const }));
    await bench.database.query(...asQuery(insertStates(backfill)));
    await eventually(async () => (await countPublished(bench, 1)) > 0);
    await bench.database.query(...asQuery(insertStates([{ key: 'new', revision: 1 }])));
    await eventually(async () => (await countPublished(bench, 0)) === 1);
    expect(await countPublished(bench, 1)).toBeLessThan(20_000);
    await nothingPending(bench.database, 30_000);
  });

  it('B5: an acknowledgement that is lost leaves the outcome unknown, and the row is sent again under the same id', async () => {
    const disarm = armFaults('publish-ack=throw-before#1');
    try {
      await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }, { key: 'b', revision: 1 }])));
      await nothingPending(bench.database);
    } finally {
      disarm();
    }
    // The broker knew the ids: nothing is stored twice.
    expect((await stored(nats, 'PIM_STATE')).map((message) => message.sequence)).toEqual([1, 2]);
    const rows = await bench.database.query<{ seq: number }>('select stream_sequence::int as seq from outbox order by id');
    expect(rows).toEqual([{ seq: 1 }, { seq: 2 }]);
  });

  it('B5: nothing is lost when the broker is killed and restarted while rows are published', async () => {
    const total = 30_000;
    const write = (async () => {
      for (let from = 0; from < total; from += 500) {
        await bench.database.query(...asQuery(insertStates(Array.from({ length: 500 }, (_, index) => ({ key: `k${from + index}`, revision: 1 })))));
      }
    })();
    for (let round = 1; round <= 2; round += 1) {
      await eventually(async () => (await countPublished(bench, 0)) > round * 2_000);
      await nats.kill();
      await nats.restart();
    }
    await write;
    await nothingPending(bench.database, 30_000);
    const messages = await nats.asProvisioner(async (manager) => (await manager.streams.info('PIM_STATE')).state.messages);
    expect(messages).toBe(total);
  });

  it('B3: a stream that is missing stops nothing else and is named, and its rows go out when it is back', async () => {
    await nats.asProvisioner((manager) => manager.streams.delete('PIM_STATE'));
    await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }])));
    await eventually(() => bench.relay.problems().some((problem) => /PIM_STATE: BROKER_STREAM_MISSING/.test(problem)));
    expect(bench.declared.checks).toBeGreaterThan(0);
    await nats.provision();
    await nothingPending(bench.database);
  });

  it('takes over from a relay that vanished, and the two never send the same row in parallel', async () => {
    const second = await bench.newRelay();
    expect(second.lease.fence()).toBeUndefined();
    await bench.database.query(...asQuery(insertStates([{ key: 'a', revision: 1 }])));
    await nothingPending(bench.database);
    await bench.stopFirst();
    await eventually(() => second.lease.fence() !== undefined);
    await bench.database.query(...asQuery(insertStates([{ key: 'b', revision: 1 }])));
    await nothingPending(bench.database);
    expect((await stored(nats, 'PIM_STATE')).map((message) => message.sequence)).toEqual([1, 2]);
  });
});

function asQuery({ text, values }: { text: string; values: unknown[] }): [string, unknown[]] {
  return [text, values];
}

async function countPublished(bench: Bench, lane: number): Promise<number> {
  const rows = await bench.database.query<{ count: number }>('select count(*)::int as count from outbox where published_at is not null and lane = $1', [lane]);
  return rows[0]?.count ?? 0;
}
