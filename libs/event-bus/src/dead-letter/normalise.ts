import { type Contract, shipped, versionsOf } from '@steward/contracts';

const gap = '…';
/** Words of a sentence, names of fields and codes say what happened; everything else may be a value. */
const word = /^[(]?(?:[a-z][a-z'’-]*|[a-z]+(?:[A-Z][a-z]*)+|[A-Z]{2,}(?:_[A-Z]+)*|[A-Z][A-Za-z]*(?:Error|Exception)|…|[-–=→:])[)]?[.,:;!?]?$/;
const pointer = /^\/[a-zA-Z*/_-]*$/;
const sentenceStart = /^[A-Z][a-z'’]+[.,:;!?]?$/;

/**
 * A message without the values in it, so that all failures of one kind read the same and none says who it was about. Keeps what is surely
 * no value rather than dropping what looks like one: a name, a number or an id that nobody thought of is dropped too.
 */
export function normalise(text: string): string {
  const line = (text.split('\n')[0] ?? '').slice(0, 2_000).toWellFormed().replaceAll('\u0000', gap);
  const bare = line
    .replace(/"[^"]*"|“[^”]*”|`[^`]*`|'[^']*'(?![a-z])/g, gap)
    .replace(/\{.*\}|\[.*\]/g, gap);
  const words = bare.split(/\s+/).filter((each) => each !== '').map((each, index) => (word.test(each) || pointer.test(each) || (index === 0 && sentenceStart.test(each)) ? each : gap));
  return words.join(' ').replace(/…(?:[\s,]*…)+/g, gap).slice(0, 500).trim();
}

/**
 * Drops from an error's message what the contract calls personal in this very body: a name in small letters looks like any word. By all of its
 * versions together: the body is as it was sent, and who failed on it may have had it raised to a newer one.
 */
export function withoutValues(text: string, contract: Contract | undefined, body: Uint8Array): string {
  if (contract === undefined) return text;
  const paths = new Set([contract, ...versionsOf(shipped, contract.entity)].flatMap(({ piiPaths }) => piiPaths));
  if (paths.size === 0) return text;
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return text;
  }
  const personal = [...paths].flatMap((path) => valuesAt(data, path.split('/').slice(1))).filter((value) => value.length > 1);
  return personal.sort((a, b) => b.length - a.length).reduce((left, value) => left.replaceAll(value, gap), text);
}

function valuesAt(value: unknown, [name, ...rest]: readonly string[]): string[] {
  if (name === undefined) return leaves(value);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (name === '*' || name === key ? valuesAt(inner, rest) : []));
}

function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...value.split(/\s+/)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}
