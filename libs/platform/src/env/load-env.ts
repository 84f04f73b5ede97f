// Configuration is read once, whole and strictly: a process that starts has an environment it understands.
import { z } from 'zod';
import { StewardError } from '../errors/steward-error';
import { keepSecret } from '../log/redact';
import { describe } from './accepted';
import { isSecretName, maskAddresses, secretsOf, shown } from './mask';
import { processEnv } from './service-env';
import { nearest } from './suggest';

export type Source = Readonly<Record<string, string | undefined>>;
export type EnvOf<S extends z.ZodRawShape> = Readonly<z.output<z.ZodObject<S>>>;

/** Read by the commands that start services, from the user's own shell: every process may inherit them. */
const toolVariables = ['STEWARD_CACHE_DIR', 'STEWARD_NATS_RELEASES'];
/** Kubernetes writes these for every Service whose name begins with "steward-"; nobody chose them. */
const kubernetesLink = /_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)$/;

/**
 * Reads variables by their schemas; all faults are in one ENV_INVALID. An empty variable counts as not set, as compose files write it.
 * `alsoKnown`: names that other parts of this process read, and that are therefore not refused as unknown.
 */
export function loadEnv<S extends z.ZodRawShape>(shape: S, source: Source = process.env, alsoKnown: readonly string[] = []): EnvOf<S> {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, source[name] === '' ? undefined : source[name]]));
  for (const [name, value] of Object.entries(given)) if (value !== undefined && isSecretName(name)) for (const secret of [value, ...secretsOf(name, value)]) keepSecret(secret);
  const parsed = z.object(shape).safeParse(given);
  const lines = [
    ...(parsed.success ? [] : faultLines(shape, parsed.error.issues, given)),
    ...unknownLines([...Object.keys(shape), ...Object.keys(processEnv), ...toolVariables, ...alsoKnown], source),
  ];
  if (!parsed.success || lines.length > 0) {
    throw new StewardError('ENV_INVALID', `${lines.length} ${lines.length === 1 ? 'fault' : 'faults'} in the environment\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
  return deepFreeze(parsed.data);
}

function faultLines(shape: z.ZodRawShape, issues: readonly z.core.$ZodIssue[], given: Source): string[] {
  return issues.map((issue) => {
    const name = String(issue.path[0]);
    const schema = shape[name];
    const value = given[name];
    const accepted = schema === undefined ? '' : `; accepted: ${describe(schema).accepted}`;
    if (value === undefined) return `${name} is missing${accepted}`;
    // A message may quote what was given, so it is cleaned like the value itself.
    const reason = maskAddresses(issue.message.replaceAll(value, '…'));
    return `${name} = ${shown(name, value)}: ${reason}${accepted}`;
  });
}

function unknownLines(known: readonly string[], source: Source): string[] {
  return Object.keys(source)
    .filter((name) => name.startsWith('STEWARD_') && !known.includes(name) && !isKubernetesLink(name, source[name]))
    .map((name) => {
      const meant = nearest(name, known);
      return `${name} is not known to this process${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
}

const isKubernetesLink = (name: string, value: string | undefined): boolean => kubernetesLink.test(name) || (name.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value ?? ''));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}
