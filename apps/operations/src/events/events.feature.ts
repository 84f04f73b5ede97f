/** What has changed, as server-sent events: `event: group`, `data: {"kind":"group","id":…}`. A reader reads again what it shows. */
import { EventStreams, eventText, StewardError } from '@steward/platform';
import { EVENT_STREAM } from '../api/answer';
import type { Feature } from '../api/feature';
import { EVERYBODY, ownersSeen } from '../api/roles';
import { defineRoute } from '../api/route';
import type { Heard, Newsroom } from './newsroom';

/** A reader that is slower than the news is told to look at everything instead. */
const MOST_WAITING = 1_000;

export const eventsFeature: Feature = {
  name: 'events',
  open: ({ news }) => {
    const streams = new EventStreams((most) => new StewardError('OPERATIONS_STREAMS_FULL', `${String(most)} are open`));
    const closing = new AbortController();
    return {
      stop: async () => closing.abort(),
      routes: [
        defineRoute({
          method: 'GET',
          path: '/events',
          operationId: 'events',
          summary: 'What has changed, as server-sent events',
          role: 'viewer',
          answer: EVENT_STREAM,
          handle: ({ who, reply }) => streams.serve(reply, (left) => newsFor(news, ownersSeen(who), AbortSignal.any([left, closing.signal]))),
        }),
      ],
    };
  },
};

async function* newsFor(newsroom: Newsroom, owners: readonly string[] | null, signal: AbortSignal): AsyncGenerator<string> {
  let waiting: Heard[] = [];
  let wake: (() => void) | undefined;
  const unsubscribe = newsroom.hear((heard) => {
    if (heard !== 'all' && owners !== null && heard.owner !== EVERYBODY && !owners.includes(heard.owner)) return;
    waiting = heard === 'all' || waiting.length >= MOST_WAITING ? ['all'] : [...waiting, heard];
    wake?.();
  });
  const end = (): void => wake?.();
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const told = waiting;
      waiting = [];
      for (const heard of told) yield heard === 'all' ? eventText('all', '{}') : eventText(heard.kind, JSON.stringify({ kind: heard.kind, id: heard.id }));
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', end);
  }
}
