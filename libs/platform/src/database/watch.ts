import type { Pool } from 'pg';
import type { Logger } from '../log/logger';

const everyMs = 5_000;
const everyMsWhileDown = 500;
const answerWithinMs = 2_000;

/** Asks the database again and again, so that /readyz answers from memory and a probe never waits for a dead server. */
export function watchPool(pool: Pool, logger: Logger): { readonly problem: () => string | undefined; readonly stop: () => void } {
  let problem: string | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const before = problem;
    problem = await Promise.race([ask(pool), lateness()]);
    if (stopped) return;
    if (problem !== before) {
      if (problem === undefined) logger.info('the database answers again');
      else logger.warn({ reason: problem }, 'the database does not answer');
    }
    schedule(problem === undefined ? everyMs : everyMsWhileDown);
  };
  const schedule = (ms: number): void => {
    timer = setTimeout(() => void look(), ms);
    timer.unref(); // looking is no reason to stay alive
  };
  // A broken idle connection is a hint: look now, not in five seconds.
  const onError = (): void => {
    clearTimeout(timer);
    if (!stopped) schedule(0);
  };
  pool.on('error', onError);
  schedule(everyMs);
  return {
    problem: () => problem,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      pool.off('error', onError);
    },
  };
}

async function ask(pool: Pool): Promise<string | undefined> {
  // All connections busy is load, not absence.
  if (pool.waitingCount > 0 && pool.idleCount === 0 && pool.totalCount > 0) return undefined;
  try {
    await pool.query('select 1');
    return undefined;
  } catch (error) {
    return error instanceof Error && error.message !== '' ? error.message : 'no connection';
  }
}

const lateness = (): Promise<string> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(`no answer within ${answerWithinMs} ms`), answerWithinMs).unref();
  });
