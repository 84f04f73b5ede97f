/** How late this process is: what it begins now has waited so long for its turn. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopWatch {
  /** Mean over about the last half second, in milliseconds: one slow turn is no overload. */
  readonly lateMs: () => number;
  readonly stop: () => void;
}

const resolutionMs = 10;
const windowMs = 500;

// Not @fastify/under-pressure: it refuses all requests alike beyond one limit, and an adapter's calls are no requests.
export function watchEventLoop(): EventLoopWatch {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let mean = 0;
  let lookedAt = performance.now();
  const timer = setInterval(() => {
    mean = delays.count === 0 ? 0 : Math.max(0, delays.mean / 1e6 - resolutionMs);
    delays.reset();
    lookedAt = performance.now();
  }, windowMs);
  timer.unref();
  return {
    // While one turn lasts, no timer can say so.
    lateMs: () => Math.max(mean, performance.now() - lookedAt - windowMs),
    stop: () => {
      clearInterval(timer);
      delays.disable();
    },
  };
}
