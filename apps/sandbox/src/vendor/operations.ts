// What a vendor's API can do, as data: a call of a method and a path, with what it comes to.
import type { z } from 'zod';
import type { Fields, SystemName } from '../records/collections';
import type { Entry } from '../store/collection';
import type { Part } from '../store/store';
import type { Fault } from './faults';

export interface Answer {
  readonly status: number;
  readonly json: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a read shows: whom it names, so that a fault can mean one record, and its text under the faults of a body. */
export interface Shown {
  readonly status: number;
  readonly names: readonly string[];
  readonly text: (faults: readonly Fault[]) => string;
}

/** What a write changes, and what is answered once it has. No parts: it was refused, or there was nothing to do. */
export interface Deed {
  readonly parts: readonly Part[];
  readonly answer: (entries: readonly Entry[]) => Answer;
}

/** A read may be looked at twice, the second time through a lagging replica. A write is done once, after whatever keeps it from being done. */
export type Plan =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | { readonly kind: 'read'; readonly look: (stale: readonly Fault[]) => Shown }
  | { readonly kind: 'write'; readonly names: readonly string[]; readonly act: () => Deed };

export interface Ask {
  readonly params: Readonly<Record<string, string>>;
  /** The address as it came, for what must be split before it is decoded. */
  readonly url: string;
  readonly query: Readonly<Record<string, unknown>>;
  /** As the operation's schema made it. */
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

export interface Operation {
  readonly method: string;
  /** `{name}` stands for one part of the path. */
  readonly path: string;
  readonly body?: z.ZodType;
  readonly plan: (ask: Ask) => Plan;
}

/** How a vendor speaks: its errors, its bodies, its keys. */
export interface Api {
  readonly system: SystemName;
  readonly operations: readonly Operation[];
  readonly problem: (status: number, code: string, message: string, more?: Fields) => string;
  readonly invalid: (error: z.ZodError) => Answer;
  readonly readBody: (text: string) => unknown;
  /** Whether an idempotency key also stands for an answer that refused. */
  readonly keepsRefusals: boolean;
  readonly reusedKey: Answer;
  readonly busyKey: Answer;
  /** What every answer bears. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

/** An operation keeps the type of what its schema makes of a body. */
export function operation<T extends z.ZodType>(method: string, path: string, body: T, plan: (ask: Ask & { readonly body: z.output<T> }) => Plan): Operation {
  return { method, path, body, plan: plan as Operation['plan'] };
}

export type Found =
  | { readonly kind: 'found'; readonly operation: Operation; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other-method'; readonly path: string; readonly methods: readonly string[] }
  | { readonly kind: 'nothing' };

export function findOperation(operations: readonly Operation[], method: string, path: string): Found {
  const there = operations.flatMap((operation) => {
    const params = match(operation.path, path);
    return params === undefined ? [] : [{ operation, params }];
  });
  const hit = there.find(({ operation }) => operation.method === method);
  if (hit) return { kind: 'found', ...hit };
  const [other] = there;
  return other === undefined ? { kind: 'nothing' } : { kind: 'other-method', path: other.operation.path, methods: there.map(({ operation }) => operation.method) };
}

function match(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (!part.startsWith('{')) {
      if (part !== value) return undefined;
      continue;
    }
    const decoded = decode(value);
    if (decoded === undefined || decoded === '') return undefined;
    params[part.slice(1, -1)] = decoded;
  }
  return params;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
