/** The door to changes held by the guard of one system (X6): operations lists and decides them on behalf of authorized people. */
export const heldSubject = (system: string): string => `rpc.${system}.held`;

export type HeldQuestion =
  | { readonly act: 'list' }
  | { readonly act: 'items'; readonly id: string; readonly after?: string; readonly limit?: number }
  | { readonly act: 'release' | 'refuse'; readonly id: string; readonly actor: string; readonly reason: string };

/** As it is sent: instants are ISO 8601. */
export interface HeldCase<Instant = string> {
  readonly id: string;
  readonly entity: string;
  /** null = deletions. */
  readonly rule: string | null;
  readonly kind: string;
  readonly state: string;
  readonly count: number;
  readonly total: number;
  readonly detail: string;
  /** Keys of deletions; keys of changes with what they were and would become. */
  readonly sample: readonly unknown[];
  readonly owner: unknown;
  readonly openedAt: Instant;
  readonly lastSeenAt: Instant;
}

export interface HeldItem<Instant = string> {
  readonly key: string;
  readonly was: string | null;
  readonly becomes: string;
  /** The whole state that was not announced. */
  readonly data: unknown;
  readonly heldAt: Instant;
}

export type HeldAnswer<Instant = string> = { readonly cases: readonly HeldCase<Instant>[] } | { readonly items: readonly HeldItem<Instant>[] } | { readonly done: true };
