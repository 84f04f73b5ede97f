// What a text of the documentation names, so that a spec can look whether it is there.
import { posix } from 'node:path';
import { slugOf } from '../site/markdown';

export interface Text {
  /** Below the repository, such as `docs/how-to/operate.md`. */
  readonly file: string;
  readonly text: string;
}

export interface Link {
  readonly from: string;
  /** Below the repository. */
  readonly target: string;
  readonly anchor: string;
}

/** Links to something of the repository; addresses of others are none. */
export function linksIn({ file, text }: Text): readonly Link[] {
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, href = '']) => {
    if (/^[a-z]+:/.test(href) || href.startsWith('/')) return [];
    const [place = '', anchor = ''] = href.split('#');
    return [{ from: file, target: place === '' ? file : posix.join(posix.dirname(file), place), anchor }];
  });
}

/** Of headings, a second one of the same words with its number. */
export function anchorsIn(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const code = text.replaceAll(/^```[^]*?^```/gm, '');
  return new Set(
    [...code.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
      const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${String(times)}`;
    }),
  );
}

/** Paths that stand as code, such as `apps/oms/src/saga/decide.ts`; one with a blank in it is an example. */
export function pathsIn({ text }: Text): readonly string[] {
  return [...text.matchAll(/`((?:apps|libs|tools|contracts|docs|k8s|docker|bench)\/[\w./@-]*[\w/])`/g)].map(([, path = '']) => path);
}

const services = ['crm', 'erp', 'gateway', 'oms', 'operations', 'pim', 'pricing', 'reconciliation', 'sandbox'];
const roots = new Map([['bus', 'libs/event-bus/src'], ['kit', 'libs/adapter-kit/src'], ['system', 'tools/start/src'], ...services.map((name) => [name, `apps/${name}/src`] as const)]);

/** The last table of docs/correctness.md is shorter: `bus \`outbox/life.ts\`, \`evidence/\`; gateway \`checkout/\``. A name holds until the next one. */
export function proofsIn({ text }: Text): readonly string[] {
  const [, table = ''] = /^## Where to find them\n([^]*)/m.exec(text) ?? [];
  return [...table.matchAll(/^\| (?!rule|---).*$/gm)].flatMap(([line]) => {
    let root = '';
    return [...line.matchAll(/(\w+) (?=`)|`([\w-]+(?:\/[\w.-]*)+)`/g)].flatMap(([, name, path]) => {
      root = roots.get(name ?? '') ?? root;
      return path === undefined ? [] : [/^(?:apps|libs|tools)\//.test(path) ? path : `${root}/${path.replace(/\/$/, '')}`];
    });
  });
}

/** Names that are words of the code: metrics and tables, variables, error codes, alerts. */
export function namesIn({ text }: Text): readonly string[] {
  const inCode = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '').join('\n');
  const constants = [...inCode.matchAll(/(?<![\w<$/.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w<…*-])/g)].map(([name]) => name);
  const own = [...text.matchAll(/\b(?:steward_[a-z0-9_]*[a-z0-9]|STEWARD_[A-Z0-9_]*[A-Z0-9]|Steward[A-Z]\w+)\b(?![*…<])/g)].map(([name]) => name);
  return [...new Set([...constants, ...own])];
}

export interface Called {
  readonly line: string;
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** Lines of code only: a sentence may say `npx steward` and go on. What stands behind a `#` is said of the command. */
function* code(text: string): Generator<string> {
  for (const [, line = ''] of text.replaceAll(/\\\n\s*/g, '').matchAll(/^(?: {4}|\t)(.+)$/gm)) yield line.replace(/\s#\s.*$/, '');
  for (const [, inline = ''] of text.matchAll(/`([^`\n]+)`/g)) yield inline;
  for (const [, block = ''] of text.matchAll(/^```[a-z]*\n([^]*?)^```/gm)) yield* block.split('\n').map((line) => line.replace(/\s#\s.*$/, ''));
}

/** Each `npx steward …` with its words and its options. */
export function stewardCalls({ text }: Text): readonly Called[] {
  return [...code(text)].flatMap((line) => [...line.matchAll(/\bnpx steward\b([^|;`]*)/g)].map(([call, rest = '']) => {
    const bare = rest.replaceAll(/'[^']*'|"[^"]*"/g, '…');
    const words = bare.trim().split(/\s+/);
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    return { line: call.trim(), words: words.slice(0, end < 0 ? words.length : end), options: [...bare.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map(([option]) => option) };
  }));
}

/** Runbooks that are named to the desk: `npx steward runbook run <id>` with an id. */
export const runbooksIn = (text: Text): readonly string[] => stewardCalls(text).flatMap(({ words: [noun, verb, id] }) => (noun === 'runbook' && verb !== 'list' && id !== undefined ? [id] : []));

/** `npx nx g @steward/tools:vendor`. */
export const generatorsIn = ({ text }: Text): readonly string[] => [...text.matchAll(/@steward\/tools:(\w+)/g)].map(([, name = '']) => name);

/** Names of scripts of package.json. */
export const scriptsIn = ({ text }: Text): readonly string[] => [...text.matchAll(/\bnpm (?:run (?:--silent )?([a-z][\w:-]*)|(start|test)\b)/g)].map(([, script, short]) => script ?? short ?? '');

/** `tools/charts/dist/main.js` → `tools/charts/src/main.ts`. */
export const programsIn = ({ text }: Text): readonly string[] => [...text.matchAll(/\bnode ((?:apps|libs|tools|bench)\/[\w/-]*dist\/[\w/-]+)\.js/g)].map(([, path = '']) => `${path.replace('/dist/', '/src/')}.ts`);

export interface Asked {
  readonly method: string;
  readonly path: string;
}

/** `GET /overview`, `POST /v1/orders`, without the query; a blank in it is a parameter. */
export const addressesIn = ({ text }: Text): readonly Asked[] =>
  [...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) (\/[\w{}/.:<>…-]*)/g)].map(([, method = '', path = '']) => ({ method, path: path.replaceAll(/<[^>]*>|…/g, '{}').replace(/(?<=.)[/.:]+$/, '') }));
