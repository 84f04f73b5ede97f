/** Sales in the sandbox's ERP. A POST is sent once: who wants it again asks first what became of it. */
import { type EffectCall, type HttpAnswer, nothingSent } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import type { SandboxAccess } from '@steward/sandbox-connector';
import { z } from 'zod';
import type { SaleDesk, Written } from '../sale/ports';
import { problemWire, type SandboxSale, salesWire, saleWire } from './sandbox.wire';
import { toSandboxSale } from './translate';

/** It understood the request and does not want it. */
const refusals = [400, 404, 409, 422];
/** It does not want us, whatever we say: sent again when somebody has mended the password. */
const locked = [401, 403];

export function sandboxDesk({ http, url, headers }: SandboxAccess): SaleDesk {
  const at = (path: string): string => new URL(path, url).href;

  const post = async (path: string, body: unknown, { idempotencyKey, signal }: EffectCall): Promise<Written> => {
    const answer = await http.send({
      url: at(path), method: 'POST', signal, body: JSON.stringify(body), accept: (status) => [...refusals, ...locked].includes(status),
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    });
    if (locked.includes(answer.status)) throw nothingSent(new StewardError('SOURCE_REFUSED', `status ${answer.status}`, { place: path }));
    if (answer.status < 300) return confirmed(read(saleWire, answer, path));
    const { code, message } = read(problemWire, answer, path).error;
    // The first request with this key is still being worked at: not a no, and not known yet.
    if (code === 'idempotency_key_in_use') throw new StewardError('SOURCE_UNAVAILABLE', message, { place: path });
    return { kind: 'refused', code, reason: message };
  };

  const byReference = async (reference: string, signal: AbortSignal): Promise<SandboxSale | undefined> => {
    const path = `/erp/sales?${new URLSearchParams({ reference }).toString()}`;
    const { items } = read(salesWire, await http.send({ url: at(path), headers, signal }), path);
    // It takes a second sale under the same number without a word: the first is the one we mean.
    return items.filter((each) => each.reference === reference).toSorted((a, b) => (a.id < b.id ? -1 : 1))[0];
  };

  return {
    settleMs: 2_000,
    concurrency: 16,
    place: {
      submit: (sale, call) => post('/erp/sales', toSandboxSale(sale), call),
      look: async ({ number }, { signal }) => {
        const found = await byReference(number, signal);
        return found ? confirmed(found) : { kind: 'absent' };
      },
    },
    cancel: {
      submit: ({ reference }, call) => post(`/erp/sales/${encodeURIComponent(reference)}/cancel`, { reason: 'cancelled by the shop' }, call),
      look: async ({ number }, { signal }) => {
        const found = await byReference(number, signal);
        return found?.state === 'cancelled' ? confirmed(found) : { kind: 'absent' };
      },
    },
  };
}

const confirmed = ({ id }: SandboxSale): Written => ({ kind: 'confirmed', answer: { reference: id } });

function read<T>(shape: z.ZodType<T>, answer: HttpAnswer, place: string): T {
  const parsed = shape.safeParse(answer.json());
  if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place: place.replace(/[?].*/, '') });
  return parsed.data;
}
