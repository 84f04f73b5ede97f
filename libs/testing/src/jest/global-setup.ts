import { openHost, type Host } from '../servers/host';

declare global {
  var stewardTestHost: Host | undefined;
}

/** Jest loads set-up and tear-down as separate modules; only globalThis is common to both. */
export default async function globalSetup(): Promise<void> {
  globalThis.stewardTestHost = await openHost();
}
