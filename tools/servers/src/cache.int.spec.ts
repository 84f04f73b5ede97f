import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepProgram, keepWhole } from './cache';

describe('what is kept in the cache', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'steward-kept-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is there whole or not at all, and leaves nothing else behind', () => {
    const target = join(folder, 'kept');
    const half = (draft: string): void => {
      mkdirSync(draft);
      expect(existsSync(target)).toBe(false);
      throw new Error('the network went away');
    };
    expect(() => keepWhole(target, half)).toThrow('the network went away');
    expect(readdirSync(folder)).toEqual([]);
    keepWhole(target, (draft) => mkdirSync(join(draft, 'inner'), { recursive: true }));
    expect([readdirSync(folder), readdirSync(target)]).toEqual([['kept'], ['inner']]);
  });

  it('is what another run has made meanwhile', () => {
    const target = join(folder, 'kept');
    const second = (draft: string): void => {
      mkdirSync(draft);
      mkdirSync(join(target, 'by the first'), { recursive: true });
    };
    expect(keepWhole(target, second)).toBe(target);
    expect([readdirSync(folder), readdirSync(target)]).toEqual([['kept'], ['by the first']]);
  });

  it('can be run, if it is a program', () => {
    const fetched = join(folder, 'fetched');
    writeFileSync(fetched, 'program', { mode: 0o600 });
    const kept = keepProgram(join(folder, 'kept'), fetched);
    expect([readFileSync(kept, 'utf8'), statSync(kept).mode & 0o777]).toEqual(['program', 0o755]);
  });
});
