import { z } from 'zod';
import { processEnv, type ProcessEnv } from './service-env';

/** What this process was given of `processEnv`, for parts that nobody hands an environment to. Faults were told by runMain before. */
export function ambientEnv(): ProcessEnv {
  const given = Object.fromEntries(Object.keys(processEnv).map((name) => [name, process.env[name] === '' ? undefined : process.env[name]]));
  return z.object(processEnv).parse(given);
}
