// What an upgrade would change, and what Kubernetes would refuse to change.
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Manifest } from '../helm/render';

const nameOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;
const isHook = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/hook'] !== undefined;

/** Fields that can't change while the object lives; hooks are deleted before they are made again. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['selector'],
  StatefulSet: ['selector', 'serviceName', 'volumeClaimTemplates', 'podManagementPolicy'],
  Service: ['clusterIP'],
  Job: ['selector', 'template', 'completions'],
};

export function refusedChanges(before: readonly Manifest[], after: readonly Manifest[]): string[] {
  return after.filter((manifest) => !isHook(manifest)).flatMap((manifest) => {
    const earlier = before.find((each) => nameOf(each) === nameOf(manifest));
    if (earlier === undefined) return [];
    const [was, is] = [earlier['spec'], manifest['spec']] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
    return (immutable[manifest.kind] ?? []).filter((field) => !isDeepStrictEqual(was[field], is[field])).map((field) => `${nameOf(manifest)}: spec.${field} can not change`);
  });
}

/** One line for each that comes, goes or changes, with how many lines of it do. */
export function changes(before: readonly Manifest[], after: readonly Manifest[]): string[] {
  const names = [...new Set([...before, ...after].map(nameOf))].toSorted();
  return names.flatMap((name) => {
    const [was, is] = [before.find((each) => nameOf(each) === name), after.find((each) => nameOf(each) === name)];
    if (was === undefined) return [`+ ${name}`];
    if (is === undefined) return [`- ${name}`];
    if (isDeepStrictEqual(was, is)) return [];
    const [gone, come] = [linesOf(was), linesOf(is)];
    return [`~ ${name}`, ...missing(gone, come).map((line) => `    - ${line}`), ...missing(come, gone).map((line) => `    + ${line}`)];
  });
}

const linesOf = (manifest: Manifest): string[] => stringify(manifest, { lineWidth: 0 }).trimEnd().split('\n').map((line) => line.trim());

/** Lines of one that the other has fewer of. */
function missing(from: readonly string[], of: readonly string[]): string[] {
  const left = [...of];
  return from.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
