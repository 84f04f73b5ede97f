import type { StewardError } from '@steward/platform';

/** Ends the process with the exit code of the error: thrown outside any promise, so that it reaches the process's own handler. */
export function failProcess(error: StewardError): void {
  setImmediate(() => {
    throw error;
  });
}
