/**
 * What production mode refuses beyond what is misspelt: what only a developer can do without, secrets that everybody knows, and addresses over which secrets and customers'
 * data would travel in the clear. It is asked once, by the process that starts; nothing here reads the environment.
 */
import type { z } from 'zod';
import { describe } from './accepted';
import { isSecretName, secretsOf } from './mask';

/** Characters. Whoever makes one with a generator has more; whoever types one has fewer. */
const SHORTEST_SECRET = 16;
const placeholder = /^(change[-_ ]?me|secret|password|passw0rd|default|example|sandbox|develop(ment)?|dev|test(ing)?|admin|postgres|nats|steward|token|todo|xxx+|<.*>|\*+)[-_.!0-9]*$/i;
const words = /^[a-z]+([-_ ](secret|token|password|key))+$/i;
const loopback = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i;
/** Names that end so hold where a secret is, not what it is. */
const aboutSecrets = /_(FILE|URL|PATH|PREFIX)$/;

/** What is missing in production, one line a variable. */
export function missingInProduction(shape: z.ZodRawShape, given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const { neededInProduction, accepted } = describe(schema);
    return neededInProduction === undefined || (given[name] ?? '') !== '' ? [] : [`${name} is missing: ${neededInProduction}; accepted in production mode: ${accepted}`];
  });
}

/** Why these may not be used in production, one line a variable. `allowPlaintext`: whoever runs it answers for the network. */
export function productionFaults(given: Readonly<Record<string, string | undefined>>, allowPlaintext: boolean): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    const addresses = addressesIn(value);
    return [
      ...(isSecretName(name) && !aboutSecrets.test(name) && addresses.length === 0 ? secretFault(name, value) : []),
      ...addresses.flatMap((address) => [...passwordFault(name, address), ...(allowPlaintext ? [] : plaintextFault(name, address))]),
    ];
  });
}

function secretFault(name: string, value: string): string[] {
  const weak = secretsOf(name, value).map(weakness).find((each) => each !== undefined);
  return weak === undefined ? [] : [`${name} ${weak}; accepted in production mode: at least ${SHORTEST_SECRET} characters that nobody could guess`];
}

function passwordFault(name: string, { password }: URL): string[] {
  const weak = password === '' ? undefined : weakness(decodeURIComponent(password));
  return weak === undefined ? [] : [`the password in ${name} ${weak}; accepted in production mode: at least ${SHORTEST_SECRET} characters that nobody could guess`];
}

function weakness(secret: string): string | undefined {
  if (placeholder.test(secret) || words.test(secret)) return 'is a placeholder';
  if (secret.length < SHORTEST_SECRET) return `has ${secret.length} characters`;
  if (new Set(secret).size < 5) return 'repeats itself';
  return undefined;
}

function plaintextFault(name: string, { protocol, hostname, searchParams }: URL): string[] {
  if (loopback.test(hostname)) return [];
  const advice = 'or STEWARD_ALLOW_PLAINTEXT=true where the network itself encrypts';
  if (protocol === 'nats:') return [`${name} goes to ${hostname} in the clear; accepted in production mode: tls://…, ${advice}`];
  if (/^postgres(ql)?:$/.test(protocol) && !['require', 'verify-ca', 'verify-full'].includes(searchParams.get('sslmode') ?? '')) {
    return [`${name} goes to ${hostname} in the clear; accepted in production mode: …?sslmode=verify-full, ${advice}`];
  }
  return [];
}

/** A list of addresses is one variable. What is no address at all has been refused before. */
function addressesIn(value: string): URL[] {
  const parts = value.split(',').map((part) => part.trim());
  return parts.every((part) => /^[a-z][a-z0-9+.-]*:\/\//i.test(part) && URL.canParse(part)) ? parts.map((part) => new URL(part)) : [];
}
