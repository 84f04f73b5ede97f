import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderErrors } from '../documents/error-document';
import { RejectedError, StewardError } from './steward-error';
import { errorTable, type ErrorRow } from './table';

const root = join(__dirname, '..', '..', '..', '..');
const document = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
const codes = Object.keys(errorTable);
const regenerate = 'run `node libs/platform/dist/documents/main.js` after a build';

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && /(^|\/)src\//.test(path) && !/node_modules|\/dist\/|\.spec\.ts$|errors\/table\.ts$/.test(path))
    .map((path) => readFileSync(join(root, folder, path), 'utf8'));
}

describe('the error table', () => {
  it('is explained code by code in docs/errors.md, and that page explains nothing else', () => {
    const explained = [...document.matchAll(/^### (\w+)$/gm)].map(([, code]) => code);
    expect({ codes: explained.toSorted(), hint: regenerate }).toEqual({ codes: codes.toSorted(), hint: regenerate });
  });

  it('is docs/errors.md word by word', () => {
    expect(document === renderErrors() ? 'the same' : regenerate).toBe('the same');
  });

  it('names its codes <CONTEXT>_<WHAT> and says of each what happened and what to do, in sentences', () => {
    const wrong = Object.entries<ErrorRow>(errorTable).filter(
      ([code, { meaning, remedy, http = 400, exit = 1 }]) => !/^[A-Z]+(_[A-Z0-9]+)+$/.test(code) || !meaning.endsWith('.') || !remedy.endsWith('.') || http < 400 || http > 599 || exit < 1 || exit > 125,
    );
    expect(wrong.map(([code]) => code)).toEqual([]);
  });

  it('has no code that nothing can ever report', () => {
    const text = ['apps', 'libs', 'tools', 'bench'].flatMap(sources).join('\n');
    expect(codes.filter((code) => !text.includes(code))).toEqual([]);
  });
});

describe('StewardError', () => {
  it('says code, detail, place and what is accepted, and keeps the cause', () => {
    const cause = new Error('below');
    const error = new StewardError('ENV_INVALID', 'no number', { cause, place: 'PORT', accepted: '0 to 9' });
    expect(error.message).toBe('ENV_INVALID: no number (at PORT); accepted: 0 to 9');
    expect(error.cause).toBe(cause);
  });

  it('is told apart from a RejectedError, which means never', () => {
    expect(new RejectedError('ENV_INVALID')).toBeInstanceOf(StewardError);
    expect(new StewardError('ENV_INVALID')).not.toBeInstanceOf(RejectedError);
    expect(String(new RejectedError('ENV_INVALID'))).toMatch(/^RejectedError: /);
  });
});
