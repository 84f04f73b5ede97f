/**
 * The public keys of the issuer, as last read. Invariants:
 *   1. They are read at most once in COOLDOWN_MS, whatever tokens come: nobody can make us flood the issuer with made-up key ids.
 *   2. When they can't be read the last ones stay good, up to TRUSTED_MS: a day's trouble at the issuer locks no customer out.
 *   3. A key that is not among them is looked for once more before it is called unknown, so a rotation needs no restart.
 */
import { createLocalJWKSet, errors, type CryptoKey, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import type { Clock } from '../clock/clock';
import { StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';

type Find = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

const COOLDOWN_MS = 30_000;
/** Older keys are read anew in the background: a key that the issuer withdrew is believed no longer than this. */
const FRESH_MS = 10 * 60_000;
const TRUSTED_MS = 24 * 3_600_000;

export class KeySet {
  private known: { find: Find; readAt: number } | undefined;
  private triedAt = -Infinity;
  private reading: Promise<boolean> | undefined;

  constructor(private readonly parts: { read: () => Promise<JSONWebKeySet>; clock: Clock; logger: Logger }) {}

  /** The key that a token names. Throws jose's JWKSNoMatchingKey, or IDENTITY_UNAVAILABLE when nothing could be read. */
  readonly find: Find = async (header, token) => {
    const now = this.parts.clock.now();
    if (this.known === undefined || now - this.known.readAt >= TRUSTED_MS) await this.refresh();
    else if (now - this.known.readAt >= FRESH_MS) void this.refresh();
    try {
      return await this.current()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.refresh())) throw error;
      return this.current()(header, token);
    }
  };

  /** Whether keys were read just now. */
  refresh(): Promise<boolean> {
    if (this.reading !== undefined) return this.reading;
    const now = this.parts.clock.now();
    if (now - this.triedAt < COOLDOWN_MS) return Promise.resolve(false);
    this.triedAt = now;
    this.reading = this.parts
      .read()
      .then((keys) => {
        this.known = { find: createLocalJWKSet(keys), readAt: now };
        return true;
      })
      .catch((error: unknown) => {
        this.parts.logger.warn({ err: error }, 'keys of the issuer not read, keeping the last ones');
        return false;
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  private current(): Find {
    if (this.known !== undefined && this.parts.clock.now() - this.known.readAt < TRUSTED_MS) return this.known.find;
    throw new StewardError('IDENTITY_UNAVAILABLE', 'the keys of the issuer could not be read', { place: 'authorization' });
  }
}
