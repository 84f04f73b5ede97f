import type { Reading } from '../consumer/arrival';

/**
 * What makes two failures "the same": the error's type and the first frame of our own code, without line numbers, so that a
 * group of letters survives a release that only moved lines.
 */
export function fingerprintOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return `${error.name}${code} at ${ownFrame(error) ?? 'unknown place'}`;
}

/** Faults of the message itself have no frame: class, entity and the first complaint without the value's position in lists. */
export function fingerprintOfFault(fault: Extract<Reading, { sound: false }>): string {
  const first = (fault.error.split(';')[0] ?? '').replace(/\/\d+(?=\/|\s|$)/g, '/*').replace(/at position \d+.*$|".*"/g, '…').slice(0, 160);
  return `${fault.class} ${fault.contract?.entity ?? 'unknown'}: ${first.trim()}`;
}

function ownFrame(error: Error): string | undefined {
  for (const line of (error.stack ?? '').split('\n')) {
    const frame = /^\s+at (?:(?:async )?(.+?) \()?(?:file:\/\/)?(.+?):\d+:\d+\)?$/.exec(line);
    const file = frame?.[2];
    if (!file || file.startsWith('node:') || file.includes('node_modules')) continue;
    // From the workspace's folder on: the same failure on two machines is one group.
    const place = /(?:^|\/)((?:apps|libs|tools|bench)\/.+)$/.exec(file)?.[1] ?? file.slice(file.lastIndexOf('/') + 1);
    return `${frame[1] ?? 'module'} (${place.replace('/dist/', '/src/').replace(/\.[jt]s$/, '')})`;
  }
  return undefined;
}
