import { tokenRefused, type Claims } from '@steward/platform';

/** What somebody may do. Each includes what the arrows say. */
export const roles = ['viewer', 'operator', 'payload-reader', 'editor', 'refunder', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

const includes: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer'],
  operator: ['operator', 'viewer'],
  // Reading what a message says of people and money is a right of its own, and not part of mending it.
  'payload-reader': ['payload-reader', 'viewer'],
  editor: ['editor', 'operator', 'viewer'],
  // Money that leaves is nothing to mend: who may retry a letter may not give back what was paid.
  refunder: ['refunder', 'viewer'],
  approver: ['approver', 'viewer'],
  admin: roles,
};

/** Every owner. */
export const EVERYBODY = '*';

/** Somebody whom the issuer vouches for. */
export interface Operator {
  /** The subject of the token: who it is, however they are called. */
  readonly id: string;
  readonly name: string;
  /** Owners (teams) that each role holds for. */
  readonly scopes: ReadonlyMap<Role, ReadonlySet<string>>;
}

const CLAIM = 'steward_roles';
const MOST_NAME = 200;

/** Roles of others than Steward may stand beside ours; what is no role of ours gives no right. */
export function operatorOf(claims: Claims): Operator {
  const { sub = '', preferred_username: username, name } = claims;
  const said = claims[CLAIM] ?? [];
  if (!Array.isArray(said) || said.some((each) => typeof each !== 'string')) throw tokenRefused(`the claim ${CLAIM} is no list of texts`);
  if (sub === '' || sub.length > MOST_NAME) throw tokenRefused('the claim sub is no id');
  const scopes = new Map<Role, Set<string>>();
  for (const each of said as string[]) {
    const [, role, owner] = /^([a-z-]+):(.+)$/.exec(each) ?? [];
    if (!isRole(role) || owner === undefined) continue;
    for (const included of includes[role]) scopes.set(included, (scopes.get(included) ?? new Set()).add(owner));
  }
  const shown = [username, name].find((each) => typeof each === 'string' && each !== '') as string | undefined;
  return { id: sub, name: (shown ?? sub).slice(0, MOST_NAME), scopes };
}

const isRole = (text: string | undefined): text is Role => roles.some((role) => role === text);

/** `owner` undefined: for anybody at all. */
export function holds({ scopes }: Operator, role: Role, owner?: string): boolean {
  const owners = scopes.get(role);
  return owners !== undefined && (owner === undefined || owners.has(EVERYBODY) || owners.has(owner));
}

/** Whose things are shown to them: null = everybody's. */
export function ownersSeen({ scopes }: Operator, role: Role = 'viewer'): readonly string[] | null {
  const owners = scopes.get(role) ?? new Set<string>();
  return owners.has(EVERYBODY) ? null : [...owners];
}
