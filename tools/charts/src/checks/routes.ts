// Who can reach whom, as the NetworkPolicies of a rendering say. Only what our charts use of them is understood; the rest throws.
import type { Manifest } from '../helm/render';

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}

interface Policy {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly { readonly from: readonly Peer[] }[];
  readonly egress?: readonly { readonly to: readonly Peer[] }[];
}

type Labels = Readonly<Record<string, string>>;

const matches = (labels: Labels, selector: Labels): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);

export const policiesOf = (manifests: readonly Manifest[]): Policy[] => manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as Policy);

/** Policies that hold for a pod with these labels. */
export const policiesFor = (policies: readonly Policy[], pod: Labels): Policy[] => policies.filter(({ podSelector }) => matches(pod, podSelector.matchLabels));

const egressPeers = (policies: readonly Policy[]): Peer[] => policies.flatMap(({ egress = [] }) => egress.flatMap(({ to }) => to));

/** A selector of namespaces can't be told apart from here, so it counts as ours. */
export const reachesPod = (policies: readonly Policy[], target: Labels): boolean =>
  egressPeers(policies).some(({ podSelector, namespaceSelector }) => (podSelector !== undefined && matches(target, podSelector.matchLabels)) || (podSelector === undefined && namespaceSelector !== undefined && matches({ 'kubernetes.io/metadata.name': 'commerce' }, namespaceSelector.matchLabels)));

const bits = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function range(cidr: string): [number, number] {
  const [address = '', length = ''] = cidr.split('/');
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) throw new RangeError(`only IPv4 is compared here, not ${cidr}`);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(bits(address) / size) * size;
  return [first, first + size - 1];
}

export function reachesRange(policies: readonly Policy[], cidr: string): boolean {
  const [first, last] = range(cidr);
  return egressPeers(policies).some(({ ipBlock }) => {
    if (ipBlock === undefined) return false;
    const [from, to] = range(ipBlock.cidr);
    return from <= last && first <= to;
  });
}

export const rangesOf = (policies: readonly Policy[]): string[] => egressPeers(policies).flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock.cidr]));
