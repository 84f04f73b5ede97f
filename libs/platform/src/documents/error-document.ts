import { errorTable, type ErrorRow } from '../errors/table';

/** docs/errors.md: the table, grouped by the first word of the code. */
export function renderErrors(): string {
  const byContext = Map.groupBy(Object.entries<ErrorRow>(errorTable), ([code]) => code.split('_')[0] ?? code);
  const sections = [...byContext].map(([context, entries]) => `## ${context}\n\n${entries.map(section).join('\n')}`);
  return `# Error codes

Generated from \`libs/platform/src/errors/table.ts\` by \`node libs/platform/dist/documents/main.js\`; a test compares both.

A code is never reused. Its first word is where it comes from. A \`StewardError\` means *try again*, a \`RejectedError\` *never with the
same input*. HTTP answers carry the code in \`code\` of an RFC 9457 problem document; a process that ends because of an error ends
with the exit code given here, with 1 where none is given, and with 0 after SIGTERM or SIGINT.

${sections.join('\n')}`;
}

function section([code, { meaning, remedy, http, exit }]: [string, ErrorRow]): string {
  const numbers = [http === undefined ? '' : `HTTP ${http}`, exit === undefined ? '' : `exit ${exit}`].filter((each) => each !== '');
  return `### ${code}\n\n${numbers.length === 0 ? '' : `*${numbers.join(', ')}.* `}${meaning}\n**What to do:** ${remedy}\n`;
}
