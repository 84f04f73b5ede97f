import type { Adapter } from '@steward/adapter-kit';
import { readSheets, writeSheet } from './sheet/page';
import { checkNames, render, score, type Score } from './sheet/sheet';
import { startTracing, type Tracing } from './stage/tracing';
import { openTrial, type Trial } from './stage/trial';
import type { VendorProfile } from './vendor-profile';

const checkMs = 120_000;

/** The whole of a vendor's `.contract.spec.ts`: one test for each line of its score sheet, and one that docs/vendors.md shows the same. */
export function conformance(adapter: Adapter, vendor: string, profile: VendorProfile): void {
  const title = `${adapter.name}: ${vendor}`;

  describe(`conformance of ${title}`, () => {
    const scores: Score[] = [];
    let tracing: Tracing;
    let trial: Trial;

    beforeAll(async () => {
      tracing = await startTracing();
      trial = await openTrial({ adapter, vendor, profile, tracing });
    });

    afterAll(async () => {
      await trial?.stage.close();
      await tracing?.close();
    });

    it.each(checkNames)(
      '%s',
      async (name) => {
        const scored = await score(trial, name);
        scores.push(scored);
        if (scored.result === 'failed') throw new Error(scored.reason);
      },
      checkMs,
    );

    it('docs/vendors.md shows its sheet (npm run test:vendors writes it)', () => {
      const sheet = render(title, scores, profile.lacks);
      process.stdout.write(`\n${sheet}\nfirst event: ${trial.stage.evidence.firstEvent}\n`);
      if (process.env['WRITE_SHEETS'] === '1') writeSheet(title, sheet);
      expect(readSheets().get(title)).toBe(sheet);
    });
  });
}
