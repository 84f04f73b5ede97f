/** Server-sent events: how a stream is opened, kept alive and ended, whatever is told over it. */
import type { FastifyReply } from 'fastify';

/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** A reader comes back by itself, with a token that is checked again. */
const LONGEST_MS = 30 * 60_000;
const MOST_STREAMS = 10_000;

export class EventStreams {
  private open = 0;

  /** `full` is thrown when there are as many as a process takes. */
  constructor(private readonly full: (most: number) => Error) {}

  /**
   * Sends what `events` gives until it ends, the reader leaves or the longest time is over. `events` gets a signal that says so.
   * Throws `full` before anything is sent.
   */
  async serve(reply: FastifyReply, events: (signal: AbortSignal) => AsyncIterable<string>): Promise<FastifyReply> {
    if (this.open >= MOST_STREAMS) throw this.full(MOST_STREAMS);
    const left = new AbortController();
    const end = (): void => left.abort();
    const longest = setTimeout(end, LONGEST_MS);
    const heartbeat = setInterval(() => reply.raw.write(':\n\n'), HEARTBEAT_MS);
    this.open += 1;
    reply.raw.on('close', end);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no', connection: 'close' });
    // Closed with its end: a process that stops waits for no connection that is kept for another request.
    // The head at once: a reader then knows that it is connected, though nothing may happen for hours.
    reply.raw.write('retry: 2000\n\n');
    try {
      for await (const event of events(left.signal)) {
        // A reader that doesn't read holds up its own stream and nothing else.
        if (!reply.raw.write(event)) await drained(reply, left.signal);
      }
    } finally {
      this.open -= 1;
      clearTimeout(longest);
      clearInterval(heartbeat);
      reply.raw.end();
    }
    return reply;
  }
}

/** `data` is one line: JSON is. */
export function eventText(event: string, data: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

function drained(reply: FastifyReply, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      reply.raw.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    reply.raw.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
