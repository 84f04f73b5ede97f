/** The HTTP API of the sandbox's OMS. A POST is sent once: who wants it again asks first what became of it. */
import type { EffectCall, HttpAnswer, ResilientHttp } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { orderWire, pageWire, problemWire, type SandboxOrder } from './sandbox.wire';

export type Posted = { readonly kind: 'order'; readonly order: SandboxOrder } | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

export interface SandboxClient {
  readonly post: (path: string, body: unknown, call: Pick<EffectCall, 'idempotencyKey' | 'signal'>) => Promise<Posted>;
  readonly byReference: (reference: string, signal: AbortSignal) => Promise<SandboxOrder | undefined>;
  readonly byId: (id: string, signal: AbortSignal) => Promise<SandboxOrder | undefined>;
}

/** It understood the request and does not want it. 404 of a read is an answer too. */
const refusals = [400, 404, 409, 422];

export function sandboxClient(http: ResilientHttp, { url, token }: { url: string; token: string }): SandboxClient {
  const authorization = { authorization: `Bearer ${token}` };
  const at = (path: string): string => new URL(path, url).href;

  return {
    post: async (path, body, { idempotencyKey, signal }) => {
      const answer = await http.send({
        url: at(path), method: 'POST', signal, body: JSON.stringify(body), accept: (status) => refusals.includes(status),
        headers: { ...authorization, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      });
      if (answer.status < 300) return { kind: 'order', order: read(orderWire, answer, path) };
      const { code, message } = read(problemWire, answer, path).error;
      // The first request with this key is still being worked at: not a no, and not known yet.
      if (code === 'idempotency_key_in_use') throw new StewardError('SOURCE_UNAVAILABLE', message, { place: path });
      return { kind: 'refused', code, reason: message };
    },
    byReference: async (reference, signal) => {
      const path = `/oms/orders?${new URLSearchParams({ reference }).toString()}`;
      const { items } = read(pageWire, await http.send({ url: at(path), headers: authorization, signal }), path);
      // It takes a second order under the same number without a word: the first is the one we mean.
      return items.filter((each) => each.reference === reference).toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
    },
    byId: async (id, signal) => {
      const path = `/oms/orders/${encodeURIComponent(id)}`;
      const answer = await http.send({ url: at(path), headers: authorization, signal, accept: (status) => status === 404 });
      return answer.status === 404 ? undefined : read(orderWire, answer, path);
    },
  };
}

function read<T>(shape: z.ZodType<T>, answer: HttpAnswer, place: string): T {
  const parsed = shape.safeParse(answer.json());
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place });
  return parsed.data;
}
