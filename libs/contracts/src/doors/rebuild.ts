/** The door to a service's read models: made again from the owners' snapshots, beside the live traffic (B12). */
export const rebuildSubject = (service: string): string => `rpc.${service}.rebuild`;

export type RebuildQuestion =
  /** Of every system that announces the entity, or of one. Asked for while it runs, it goes on as it is. */
  | { readonly ask: 'begin'; readonly entity: string; readonly system?: string; readonly actor: string; readonly reason: string }
  /** The latest of each system. */
  | { readonly ask: 'status'; readonly entity: string };

export interface RebuildStanding {
  readonly entity: string;
  readonly system: string;
  readonly actor: string;
  readonly reason: string;
  readonly items: number;
  /** The last key that is done. */
  readonly cursor: string | null;
  /** Why it waits, for instance for an owner that is not running. */
  readonly problem: string | null;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
}

export interface RebuildAnswer {
  readonly rebuilds: readonly RebuildStanding[];
}
