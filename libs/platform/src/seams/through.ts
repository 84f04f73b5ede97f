/**
 * Named places where a test may break the process (T1). Invariants:
 * 1. Nothing is armed unless STEWARD_MODE is `test`: runMain refuses STEWARD_FAULTS in any other mode.
 * 2. A crash is SIGKILL: no handler runs, no buffer is flushed, exactly as with kill -9.
 * 3. Unarmed, a seam costs one comparison.
 */
import { StewardError } from '../errors/steward-error';
import { parseFaults, type PlannedFault, type Seam } from './plan';

// The plan belongs to the process as its signal handlers do: seams are passed deep inside calls that know nothing of tests.
let armed: readonly PlannedFault[] | undefined;

/** Arms the fault seams of this process; returns a function that disarms them. For tests and runMain only. */
export function armFaults(text: string): () => void {
  const plan = parseFaults(text);
  armed = plan;
  return () => {
    if (armed === plan) armed = undefined;
  };
}

/** Does the work, unless a fault was armed for this seam. */
export function through<T>(seam: Seam, work: () => Promise<T>): Promise<T> {
  return armed === undefined ? work() : strike(armed, seam, work);
}

async function strike<T>(plan: readonly PlannedFault[], seam: Seam, work: () => Promise<T>): Promise<T> {
  const fault = plan.filter((each) => each.seam === seam).find((each) => each.strikes())?.fault;
  switch (fault) {
    case undefined:
      return work();
    case 'throw-before':
      throw new StewardError('FAULT_INJECTED', 'thrown before the work', { place: seam });
    case 'throw-after':
      await work();
      throw new StewardError('FAULT_INJECTED', 'thrown after the work', { place: seam });
    case 'hang':
      return new Promise<T>(() => undefined);
    case 'crash-before':
      return crash();
    case 'crash-after':
      // Also after work that failed: the strike is spent, and whoever waits for the crash would wait for ever.
      await work().catch(() => undefined);
      return crash();
  }
}

function crash(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  // The signal needs a moment to arrive; the seam must not be passed meanwhile.
  return new Promise<never>(() => undefined);
}
