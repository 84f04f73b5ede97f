/** A row of a table; what a cell says can't end it. */
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : [row(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(row), ''];
}

export const code = (text: string): string => `\`${text}\``;

/** Words of a description in a page: outside of code, what looks like an element would become one. */
export const words = (text: string | undefined): string => (text ?? '').split(/(`[^`]*`)/).map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;'))).join('');
