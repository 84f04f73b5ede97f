import { Webhook } from 'standardwebhooks';
import { StewardError } from '../errors/steward-error';

/** Who is told, and how they know that it is us. */
export interface Endpoints {
  readonly urls: readonly string[];
  /** Value of the header webhook-signature: one signature for each secret, so that secrets rotate with an overlap. */
  readonly sign: (messageId: string, at: Date, body: string) => string;
}

/** `whsec_…`, as the Standard Webhooks specification writes secrets; several separated by commas. `place` is the variable that holds them. */
export function endpointsOf(urls: string | undefined, secrets: string | undefined, place: string): Endpoints | undefined {
  if (urls === undefined) return undefined;
  if (secrets === undefined) throw new StewardError('ENV_INVALID', `${place} is missing`, { place, accepted: 'whsec_<base64>, needed with addresses to tell' });
  let signers: Webhook[];
  try {
    signers = secrets.split(',').map((secret) => new Webhook(secret.trim()));
  } catch {
    // No cause: it might quote the secret.
    throw new StewardError('ENV_INVALID', 'a secret of webhooks can not be read', { place, accepted: 'whsec_<base64>, several separated by commas' });
  }
  return { urls: urls.split(',').map((url) => url.trim()), sign: (messageId, at, body) => signers.map((signer) => signer.sign(messageId, at, body)).join(' ') };
}
