import { readFileSync } from 'node:fs';

export interface Memory {
  readonly nowMiB: number;
  readonly peakMiB: number;
}

/** Resident memory of a process now and at its highest. Zeros where there is no /proc. */
export function memoryOf(pid: number): Memory {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const mebibytes = (field: string): number => Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
    return { nowMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
  } catch {
    return { nowMiB: 0, peakMiB: 0 };
  }
}
