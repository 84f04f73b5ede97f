import { z } from 'zod';
import { secretsIn } from './mask';

/** Text that is one address, or several separated by commas, of these protocols ("http:"). */
const addresses = (...protocols: readonly string[]) =>
  z.string().refine((text) => text.split(',').every((each) => isAddress(each.trim(), protocols)), { error: 'not such an address' });

const isAddress = (text: string, protocols: readonly string[]): boolean => URL.canParse(text) && protocols.includes(new URL(text).protocol) && new URL(text).host !== '';

/** Shapes that several services' variables have; add `.default(…)` and `.describe(…)`. */
export const envTypes = {
  httpUrl: addresses('http:', 'https:').describe('http(s)://host[:port][/path]'),
  natsUrl: addresses('nats:', 'tls:').describe('nats://user:password@host:port, several separated by commas'),
  postgresUrl: addresses('postgres:', 'postgresql:').describe('postgres://user:password@host:port/database'),
  /** Those that are accepted: several while one replaces another. One that is empty is refused, since anybody could sign with it. */
  secrets: (shortest = 1) => z.string().refine((text) => secretsIn(text).every((each) => each.length >= shortest), { error: `one of them has fewer than ${shortest} characters` }).transform(secretsIn),
  port: z.coerce.number().int().min(0).max(65_535),
  /** A duration; an hour of hours is the end of what anybody means by milliseconds. */
  milliseconds: (min = 0, max = 7 * 24 * 3_600_000) => z.coerce.number().int().min(min).max(max),
  flag: z.stringbool({ truthy: ['true', '1', 'on', 'yes'], falsy: ['false', '0', 'off', 'no'], case: 'insensitive' }).describe('true | false'),
} as const;
