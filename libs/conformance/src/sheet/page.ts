/** docs/vendors.md: the sheets of all connectors, kept as they were last proven. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(__dirname, '../../../../docs/vendors.md');
const head = `# Vendors

What each connector proved against a system that stands in for its vendor's, and what that vendor's system can't do for any connector.
Written by \`npm run test:vendors\`, compared by \`npm test\`.

`;

/** The sections of the page by their titles, each with its heading. */
export function readSheets(): Map<string, string> {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : head;
  const sections = text.split(/^(?=## )/m).slice(1);
  return new Map(sections.map((section) => [section.slice(3, section.indexOf('\n')), `${section.trimEnd()}\n`]));
}

export function writeSheet(title: string, sheet: string): void {
  const sheets = readSheets().set(title, sheet);
  const titles = [...sheets.keys()].toSorted();
  writeFileSync(file, head + titles.map((each) => sheets.get(each)).join('\n'));
}
