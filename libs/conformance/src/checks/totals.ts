/** What can only be judged when everything else was done. */
import { isSecretName } from '@steward/platform';
import type { Trial } from '../stage/trial';

const isSecretHeader = (name: string): boolean => isSecretName(name) || /^(authorization|cookie|x-api-key)$/.test(name);
/** Shorter ones are found in any text by chance. */
const shortestSecret = 8;

export const writesOnly = 'writes only: nothing is read of its system';

export async function outputsAreValid({ stage: { evidence }, scenes }: Trial): Promise<void | string> {
  if (scenes.length === 0) return writesOnly;
  if (evidence.faults.length > 0) throw new Error(`${evidence.faults.length} can’t be told in the contract’s words, such as ${evidence.faults[0]}`);
  if (evidence.outputs === 0) throw new Error('nothing was announced that could be judged');
  return undefined;
}

/** Of its settings, and of what it sent in headers: a session's key is as good as a password. */
export async function tellsNoSecret({ stage: { settings, tap, evidence, options } }: Trial): Promise<void> {
  const set = Object.entries(settings).flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
  const sent = tap.requests.flatMap(({ headers }) => Object.entries(headers).flatMap(([name, value]) => (isSecretHeader(name) ? [value.split(' ').at(-1) ?? value] : [])));
  const secrets = [...new Set([...set, ...sent])].filter((secret) => secret.length >= shortestSecret);
  const spans = await options.tracing.spans();
  if (evidence.texts.length === 0 || spans.length === 0) throw new Error('no log line or no span was seen: nothing is proven');
  for (const secret of secrets) {
    const place = evidence.texts.find((text) => text.includes(secret)) ?? spans.find((text) => text.includes(secret));
    if (place !== undefined) throw new Error(`a secret is told: ${place.replaceAll(secret, '«secret»').slice(0, 300)}`);
  }
}
