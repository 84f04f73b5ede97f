// Folders stay readable at a glance: at most 12 source files in one, at most 2 levels below src.
import { readdirSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';

const MOST_FILES = 12;
const DEEPEST = 2;

const sourcesIn = (folder) => readdirSync(folder).filter((name) => /\.tsx?$/.test(name) && !/\.spec\.tsx?$/.test(name) && name !== 'index.ts').sort();

export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      full: `{{folder}} has {{count}} source files, at most ${MOST_FILES}: find the noun that some of them belong to`,
      deep: `{{folder}} lies {{depth}} folders below src, at most ${DEEPEST}`,
    },
  },
  create: (context) => ({
    Program(node) {
      const folder = dirname(context.filename);
      const parts = relative(context.cwd, folder).split(sep);
      const source = parts.indexOf('src');
      if (source < 0) return;
      const depth = parts.length - source - 1;
      const data = { folder: parts.join('/') };
      if (depth > DEEPEST) context.report({ loc: node.loc.start, messageId: 'deep', data: { ...data, depth } });
      const sources = sourcesIn(folder);
      // Said once per folder, at its last file.
      if (sources.length > MOST_FILES && sources.at(-1) === basename(context.filename)) {
        context.report({ loc: node.loc.start, messageId: 'full', data: { ...data, count: sources.length } });
      }
    },
  }),
};
