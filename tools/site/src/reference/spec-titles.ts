import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Title } from './promises';

const callers = new Set(['describe', 'it', 'test']);

/** What all tests are called, `describe` included. Read by the compiler: a title may stand behind the table of an `each`. */
export function specTitles(repository: string): readonly Title[] {
  const files = globSync('{apps,libs,tools}/*/src/**/*.spec.ts', { cwd: repository }).concat(globSync('bench/src/**/*.spec.ts', { cwd: repository }));
  return files.toSorted().flatMap((file) => titlesIn(file, readFileSync(join(repository, file), 'utf8')));
}

export function titlesIn(file: string, text: string): readonly Title[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found: Title[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && callers.has(calledName(node.expression))) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) found.push({ file, title: title.text });
      else if (title !== undefined && ts.isTemplateExpression(title)) found.push({ file, title: title.getText(source).slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '…') });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `it` of `it.each([…])(…)` and of `it(…)`; what is skipped proves nothing. */
function calledName(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression)) return ['skip', 'todo'].includes(expression.name.text) ? '' : calledName(expression.expression);
  return ts.isCallExpression(expression) ? calledName(expression.expression) : '';
}
