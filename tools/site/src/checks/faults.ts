// What the documentation names and is not there: files, places, names, commands, addresses. Pure, so that a spec can plant each fault.
import type { Command } from '@steward/cli';
import { addressesIn, anchorsIn, type Asked, type Called, type Link, linksIn, namesIn, pathsIn, programsIn, proofsIn, runbooksIn, scriptsIn, stewardCalls, generatorsIn, type Text } from './named';

export interface World {
  readonly texts: readonly Text[];
  /** Of a path below the repository. */
  readonly exists: (path: string) => boolean;
  /** Every word of the sources: a name that is none of them is nobody's. */
  readonly words: ReadonlySet<string>;
  /** First words of error codes; other names in capitals may be those of foreign systems. */
  readonly codePrefixes: ReadonlySet<string>;
  readonly commands: readonly Pick<Command, 'noun' | 'verb' | 'options' | 'acts'>[];
  readonly scripts: ReadonlySet<string>;
  readonly generators: ReadonlySet<string>;
  /** `GET /ops/v1/cases/{id}`, of all our APIs. */
  readonly addresses: readonly string[];
}

/** What a recipe has its reader make. */
const isExample = (name: string): boolean => /acme|\/generated\b|\/dist\b/i.test(name);

/** One line for each: the file, and what it names in vain. */
export function faultsIn(world: World): readonly string[] {
  const places = new Map(world.texts.map(({ file, text }) => [file, anchorsIn(text)]));
  const patterns = world.addresses.map((address) => new RegExp(`^${address.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`));
  return world.texts.flatMap((text) => {
    const say = <T>(what: string, found: readonly T[], isThere: (each: T) => boolean, said: (each: T) => string): readonly string[] =>
      [...new Set(found.filter((each) => !isThere(each)).map(said))].map((each) => `${text.file}: there is no ${what} ${each}`);
    return [
      ...say('place', linksIn(text), ({ target, anchor }: Link) => world.exists(target) && (anchor === '' || places.get(target)?.has(anchor) !== false), ({ target, anchor }) => (anchor === '' ? target : `${target}#${anchor}`)),
      ...say('file', [...pathsIn(text), ...proofsIn(text)], (path) => isExample(path) || world.exists(path) || world.exists(`${path}.spec.ts`), String),
      ...say('name', namesIn(text), (name) => isKnownName(name, world), String),
      ...say('command', stewardCalls(text), (call) => isKnownCall(call, world), ({ line }) => line),
      ...say('runbook', runbooksIn(text), (id) => world.exists(`docs/runbooks/${id}.md`), String),
      ...say('script', scriptsIn(text), (script) => world.scripts.has(script), String),
      ...say('program', programsIn(text), world.exists, String),
      ...say('generator', generatorsIn(text), (name) => world.generators.has(name), String),
      // Elsewhere addresses are those of stand-ins and of vendors.
      ...say('address', text.file.startsWith('docs/') ? addressesIn(text) : [], ({ method, path }: Asked) => path === '/graphql' || ['', '/ops/v1'].some((prefix) => patterns.some((pattern) => pattern.test(`${method} ${prefix}${path}`))), ({ method, path }) => `${method} ${path}`),
    ];
  });
}

function isKnownName(name: string, { words, codePrefixes }: World): boolean {
  if (isExample(name) || words.has(name) || words.has(name.replace(/_(?:bucket|sum|count)$/, ''))) return true;
  return !/^[Ss]teward|^STEWARD_/.test(name) && !codePrefixes.has(name.split('_')[0] ?? '');
}

const everywhere = ['--help', '-o', '--output', '--url', '--token-file'];
const acting = ['--reason', '--dry-run'];

function isKnownCall({ words: [first = '', second = ''], options }: Called, { commands }: World): boolean {
  const nouns = new Set(commands.map(({ noun }) => noun));
  const isHelp = first === '' || first === 'completion' || (second === '' && nouns.has(first));
  const command = commands.find(({ noun, verb }) => (noun === null ? verb === first : noun === first && verb === second));
  if (command === undefined && !isHelp) return false;
  const known = [...everywhere, ...(command?.acts === true ? acting : []), ...(command?.options ?? []).flatMap(([flags]) => flags.match(/--?[a-z][a-z-]*/g) ?? [])];
  return options.every((option) => known.includes(option));
}
