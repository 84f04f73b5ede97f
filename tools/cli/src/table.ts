/** Answers as a person reads them: lists as columns, one thing as lines. `-o json` has everything. */
import type { Json } from './operations.client';

export type Column = readonly [title: string, path: string];

export function tableOf(columns: readonly Column[], items: readonly Json[]): string {
  if (items.length === 0) return 'nothing\n';
  const rows = [columns.map(([title]) => title.toUpperCase()), ...items.map((item) => columns.map(([, path]) => textAt(item, path)))];
  const widths = columns.map((_column, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) => row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ').trimEnd()).join('\n') + '\n';
}

/** Everything of one thing, indented; what is a long text keeps its lines. */
export function linesOf(value: unknown, indent = ''): string {
  if (!isObject(value) && !Array.isArray(value)) return `${indent}${plain(value)}\n`;
  const entries = Object.entries(value);
  if (entries.length === 0) return `${indent}none\n`;
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, inner]) => {
      const label = Array.isArray(value) ? '-' : name.padEnd(Math.min(width, 24));
      if ((isObject(inner) || Array.isArray(inner)) && Object.keys(inner).length > 0) return `${indent}${label.trimEnd()}\n${linesOf(inner, `${indent}  `)}`;
      return `${indent}${label}  ${plain(inner).replaceAll('\n', `\n${indent}  `)}\n`;
    })
    .join('');
}

function textAt(item: Json, path: string): string {
  let value: unknown = item;
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  const text = plain(value).replaceAll(/\s+/g, ' ');
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '-';
  // What a vendor or a shopper wrote must not move the cursor of an operator.
  if (typeof value === 'string') return value.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\uFFFD');
  return typeof value === 'object' ? (Object.keys(value).length === 0 ? 'none' : JSON.stringify(value)) : String(value as number | boolean);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
