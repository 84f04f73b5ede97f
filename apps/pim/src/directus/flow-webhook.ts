/**
 * What a Flow of Directus posts: the trigger of its event hook, with a header that holds a shared secret.
 *
 * A Flow can't sign. The secret proves who sent it and nothing about the body, and whoever has seen one request can send it again
 * for ever: it must come over TLS, and it can do no more than have keys read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookSpec } from '@steward/adapter-kit';
import { triggerWire } from './directus.wire';

const header = 'x-steward-token';
const accepted = 'the shared secret (STEWARD_DIRECTUS_WEBHOOK_SECRET), as a header of the Flow’s request operation';

/** `secrets`: the new one and the previous one while the Flow changes over. `entities`: by collection, the entity whose keys its rows are. */
export function flowWebhook(secrets: readonly string[], entities: ReadonlyMap<string, string>): WebhookSpec {
  // Digests, so that neither length nor content shows in the time it takes to compare.
  const expected = secrets.map(digest);
  return {
    path: '/webhooks/directus',
    verify: (_body, headers) => {
      const given = headers[header];
      if (typeof given !== 'string') return { ok: false, reason: 'unsigned', place: header, accepted };
      const offered = digest(given);
      // All of them, whichever fits: the time it takes says nothing of which one is in use.
      const fits = expected.map((each) => timingSafeEqual(offered, each));
      return fits.includes(true) ? { ok: true } : { ok: false, reason: 'signature', place: header, accepted };
    },
    hints: (body) => {
      const { collection, key, keys = key === undefined ? [] : [key] } = triggerWire.parse(body);
      const entity = entities.get(collection);
      return entity === undefined ? [] : keys.map((each) => ({ entity, key: String(each) }));
    },
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
