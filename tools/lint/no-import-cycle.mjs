// No file may import itself by way of others: a cycle makes the order of evaluation a matter of luck, and hides that
// several files are really one. Only relative imports are followed; between projects the layer rule does the same.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Types are erased, so `import type` can't make a cycle at run time. */
const importLine = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?['"](\.{1,2}\/[^'"]*|\.{1,2})['"]/gm;

function fileOf(from, specifier) {
  const path = join(dirname(from), specifier);
  return [`${path}.ts`, join(path, 'index.ts'), path].find((file) => file.endsWith('.ts') && existsSync(file));
}

const known = new Map();

function importsOf(file, text) {
  if (text === undefined && known.has(file)) return known.get(file);
  const source = text ?? readFileSync(file, 'utf8');
  const found = [...source.matchAll(importLine)].flatMap(([, specifier]) => fileOf(file, specifier) ?? []);
  if (text === undefined) known.set(file, found);
  return found;
}

/** The shortest way from `start` back to itself, by breadth first. */
function cycleFrom(start, text) {
  const from = new Map();
  const queue = [];
  for (const file of importsOf(start, text)) {
    if (file === start) return [start];
    if (!from.has(file)) {
      from.set(file, undefined);
      queue.push(file);
    }
  }
  for (const file of queue) {
    for (const next of importsOf(file)) {
      if (next === start) {
        const way = [];
        for (let at = file; at !== undefined; at = from.get(at)) way.unshift(at);
        return way;
      }
      if (!from.has(next)) {
        from.set(next, file);
        queue.push(next);
      }
    }
  }
  return undefined;
}

export default {
  meta: { type: 'problem', schema: [], messages: { cycle: 'this file imports itself by way of {{way}}' } },
  create: (context) => ({
    Program(node) {
      const way = cycleFrom(context.filename, context.sourceCode.text);
      if (way === undefined) return;
      context.report({ loc: node.loc.start, messageId: 'cycle', data: { way: way.map((file) => relative(context.cwd, file)).join(' → ') } });
    },
  }),
};
