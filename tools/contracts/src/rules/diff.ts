import type { ContractSource, Schema } from '../model';
import { bareSchema, type Published, readPublished } from './published';
import { unreadable } from './compatibility';

type Difference =
  | { readonly kind: 'told'; readonly lines: readonly string[]; readonly breaks: boolean }
  /** There is no such thing to compare; `accepted` says what there is. */
  | { readonly kind: 'unknown'; readonly what: string; readonly accepted: string };

interface Version {
  /** `v1 release 3`, `v1 as it is here`. */
  readonly name: string;
  readonly major: number;
  readonly schema: Schema;
}

/**
 * Two versions of a contract, word by word and by what either side would refuse of the other. `from` and `to` are `v1` (as it is here), `v1/3`
 * (a release) or nothing: what was published last, and what is here.
 */
export function diff(root: string, sources: readonly ContractSource[], entity: string, from?: string, to?: string): Difference {
  const source = sources.find(({ contract }) => contract.entity === entity);
  if (source === undefined) return { kind: 'unknown', what: `contract ${entity}`, accepted: sources.map(({ contract }) => contract.entity).join(', ') };
  const here = source.versions.map(({ major, schema }): Version => ({ name: `v${major} as it is here`, major, schema: bareSchema(schema) }));
  const released = readPublished(root).published.filter((each) => each.entity === entity).toSorted((a, b) => a.major - b.major || a.content.release - b.content.release).map(versionOf);
  const find = (text: string | undefined, among: readonly Version[]): Version | undefined => (text === undefined ? among.at(-1) : [...released, ...here].findLast(({ name, major }) => name === `v${text.replace(/^v/, '').replace('/', ' release ')}` || text === `v${major}`));
  const [older, newer] = [find(from, released), find(to, here)];
  const names = [...released.map(({ name }) => name.replace(' release ', '/')), ...new Set(here.map(({ major }) => `v${major}`))].join(', ');
  if (older === undefined) return { kind: 'unknown', what: `version ${from ?? ''} of ${entity}`, accepted: names };
  if (newer === undefined) return { kind: 'unknown', what: `version ${to ?? ''} of ${entity}`, accepted: names };
  const changes = changesOf(wordsOf(older.schema), wordsOf(newer.schema));
  const breaks = [...unreadable({ root: newer.schema, name: newer.name }, { root: older.schema, name: older.name }), ...unreadable({ root: older.schema, name: older.name }, { root: newer.schema, name: newer.name })];
  const readers = source.contract.consumers.map(({ service, builds }) => `${service} (${builds})`).join(', ') || 'nobody';
  return {
    kind: 'told',
    breaks: breaks.length > 0,
    lines: [
      `${entity}: ${older.name} → ${newer.name}`,
      ...(changes.length === 0 ? ['  the same'] : changes),
      ...breaks.map(({ rule, pointer, message }) => `! ${pointer || '/'} ${rule}: ${message}`),
      breaks.length === 0 ? `compatible in both directions; read by ${readers}` : `${older.major === newer.major ? 'breaks' : 'another major, for'} ${readers}; owner ${source.contract.owner.team}, ${source.contract.owner.contact}`,
    ],
  };
}

const versionOf = ({ major, content }: Published): Version => ({ name: `v${major} release ${content.release}`, major, schema: content.schema });

/** Each place of a schema with what is said at it alone. */
function wordsOf(node: unknown, pointer = '', found = new Map<string, string>()): Map<string, string> {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return found.set(pointer, JSON.stringify(node));
  for (const [name, inner] of Object.entries(node)) wordsOf(inner, `${pointer}/${name}`, found);
  return found;
}

function changesOf(older: ReadonlyMap<string, string>, newer: ReadonlyMap<string, string>): string[] {
  return [...new Set([...older.keys(), ...newer.keys()])].toSorted().flatMap((pointer) => {
    const [was, is] = [older.get(pointer), newer.get(pointer)];
    if (was === is) return [];
    return was === undefined ? [`+ ${pointer} ${is ?? ''}`] : is === undefined ? [`- ${pointer} ${was}`] : [`~ ${pointer} ${was} → ${is}`];
  });
}
