import { openHost, type Host } from '../servers/host';
import { openScratch, type Scratch } from './scratch';

declare global {
  var stewardTestHost: Host | undefined;
  var stewardTestScratch: Scratch | undefined;
}

/** Jest loads set-up and tear-down as separate modules; only globalThis is common to both. */
export default async function globalSetup(): Promise<void> {
  globalThis.stewardTestScratch = openScratch();
  globalThis.stewardTestHost = await openHost();
}
