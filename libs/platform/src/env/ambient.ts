import { z } from 'zod';
import { processEnv, type ProcessEnv } from './service-env';

/** The variables of this process for parts that are not handed an environment. runMain has reported faults before. */
export function ambientEnv(): ProcessEnv {
  const given = Object.fromEntries(Object.keys(processEnv).map((name) => [name, process.env[name] === '' ? undefined : process.env[name]]));
  return z.object(processEnv).parse(given);
}
