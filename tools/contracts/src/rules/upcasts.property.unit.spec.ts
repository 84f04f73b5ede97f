/** C9: what a producer of the old major may send, an upcast makes into what the new validator accepts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shipped } from '@steward/contracts';
import fc from 'fast-check';
import type { Schema } from '../model';
import { closed, open } from '../shapes';
import { compile, sent, valuesOf } from './values.spec';

/** Nothing, or the value that was lost: refused after it, thrown over, or changed in place. */
function lostBy(raise: (data: unknown) => unknown, before: Schema, after: Schema): string | undefined {
  const [writes, reads] = [compile(closed(before)), compile(open(after))];
  const property = fc.property(valuesOf(before, before).map(sent), (value) => {
    fc.pre(writes(value));
    const text = JSON.stringify(value);
    const made = sent(raise(value));
    if (!reads(made)) throw new Error(`${text} became ${JSON.stringify(made)}: ${JSON.stringify(reads.errors)}`);
    if (JSON.stringify(value) !== text || JSON.stringify(sent(raise(value))) !== JSON.stringify(made)) throw new Error(`${text}: the upcast is not pure`);
  });
  const report = fc.check(property, { numRuns: 300 });
  return report.failed ? `${String(report.errorInstance)}, seed ${String(report.seed)}` : undefined;
}

describe('every upcast of every contract', () => {
  const contracts = join(__dirname, '../../../../contracts');
  const schemaOf = (entity: string, major: number): Schema => JSON.parse(readFileSync(join(contracts, entity, `v${String(major)}.schema.json`), 'utf8')) as Schema;

  it('is there for each major that has a next one, once', () => {
    const steps = shipped.contracts.filter(({ entity, major }) => shipped.contracts.some((each) => each.entity === entity && each.major === major + 1)).map(({ entity, major }) => `${entity} v${String(major)}`);
    expect(shipped.upcasts.map(({ entity, from }) => `${entity} v${String(from)}`).toSorted()).toEqual(steps.toSorted());
  });

  it('loses nothing', () => {
    for (const { entity, from, to, raise } of shipped.upcasts) expect([entity, lostBy(raise, schemaOf(entity, from), schemaOf(entity, to))]).toEqual([entity, undefined]);
  });

  it('T3: is found out when it overlooks what the old major allows, or is not pure', () => {
    const before: Schema = { type: 'object', required: ['onHand'], properties: { onHand: { type: 'integer', minimum: -9, maximum: 9 }, safetyStock: { type: ['integer', 'null'], minimum: 0, maximum: 9 } } };
    const after: Schema = { type: 'object', required: ['quantity'], properties: { quantity: { type: 'object', required: ['onHand', 'safety'], properties: { onHand: { type: 'integer', minimum: -9, maximum: 9 }, safety: { type: 'integer', minimum: 0, maximum: 9 } } } } };
    type Before = { onHand: number; safetyStock?: number | null };
    const by = (raise: (data: Before) => unknown): string | undefined => lostBy((data) => raise(data as Before), before, after);
    expect(by(({ onHand, safetyStock }) => ({ quantity: { onHand, safety: safetyStock ?? 0 } }))).toBeUndefined();
    expect(by(({ onHand, safetyStock = 0 }) => ({ quantity: { onHand, safety: safetyStock } }))).toContain('"safety":null');
    expect(by(({ onHand }) => ({ quantity: { onHand: Math.abs(onHand) * 2, safety: 0 } }))).toContain('maximum');
    expect(by((data) => ({ quantity: { onHand: data.onHand, safety: (data.safetyStock = 0) } }))).toContain('not pure');
  });
});
