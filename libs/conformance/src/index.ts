export { conformance } from './conformance';
export { type FakeAnswer, type FakeRecord, type FakeRequest, type FakeSpec, startFake } from './fake/fake-system';
export { type SandboxThings, sandboxProfile } from './sandbox/sandbox-profile';
export type { TapRequest } from './tap/tap.client';
export type { StandIn, Thing, Things, VendorProfile, Writing } from './vendor-profile';
