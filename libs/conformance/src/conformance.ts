import type { Adapter } from '@steward/adapter-kit';
import { readSheets, writeSheet } from './sheet/page';
import { checkNames, type Line, render, score } from './sheet/sheet';
import { Stage } from './stage/stage';
import { startTracing, type Tracing } from './stage/tracing';
import type { VendorProfile } from './vendor-profile';

const checkMs = 120_000;

/** The whole of a vendor's `.contract.spec.ts`: a test for each line of its sheet, and one that docs/vendors.md shows it. */
export function conformance(adapter: Adapter, vendor: string, profile: VendorProfile): void {
  const title = `${adapter.name}: ${vendor}`;

  describe(`conformance of ${title}`, () => {
    const lines: Line[] = [];
    let tracing: Tracing;
    let stage: Stage;

    beforeAll(async () => {
      const unknown = Object.keys(profile.cannot ?? {}).filter((name) => !checkNames.some((each) => each === name));
      if (unknown.length > 0) throw new TypeError(`the profile excuses what is no check: ${unknown.join(', ')}`);
      tracing = await startTracing();
      stage = await Stage.open({ adapter, vendor, profile, tracing });
    });

    afterAll(async () => {
      await stage?.close();
      await tracing?.close();
    });

    it.each(checkNames)(
      '%s',
      async (name) => {
        const line = await score(stage, name);
        lines.push(line);
        if (line.result === 'failed') throw new Error(line.reason);
      },
      checkMs,
    );

    it('docs/vendors.md shows its sheet (npm run test:vendors writes it)', () => {
      const sheet = render(title, lines);
      process.stdout.write(`\n${sheet}`);
      if (process.env['WRITE_SHEETS'] === '1') writeSheet(title, sheet);
      expect(readSheets().get(title)).toBe(sheet);
    });
  });
}
