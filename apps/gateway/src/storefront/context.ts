import { RejectedError } from '@steward/platform';

/** What a request says of who asks. null = not said. */
export interface AskedContext {
  market: string | null;
  language: string | null;
  currency: string | null;
  channel: string | null;
  customerGroup: string | null;
}

/** What an answer is really made for: nothing is left open but the channel, which selects nothing (ADR 0001). */
export interface Context {
  market: string;
  language: string;
  currency: string;
  channel: string | null;
  customerGroup: string;
}

export type ContextField = keyof Context;

/** Where one sells, and what one pays with there. */
export interface Market {
  code: string;
  currency: string;
  /** In basis points; null = nothing can be ordered there. */
  taxRateBp: number | null;
}

/** The shop's own language and the group of everybody (ADR 0001). */
const DEFAULT_LANGUAGE = 'en';
const PUBLIC_GROUP = 'public';

/** Both ways in: the header of REST (and of GraphQL), the argument of `@inContext`. */
export const contextHeaders: Readonly<Record<ContextField, string>> = {
  market: 'steward-market',
  language: 'steward-language',
  currency: 'steward-currency',
  channel: 'steward-channel',
  customerGroup: 'steward-customer-group',
};

const fields = Object.keys(contextHeaders) as ContextField[];
const nothingAsked: AskedContext = Object.freeze({ market: null, language: null, currency: null, channel: null, customerGroup: null });

/** The echo names all of the context, and prices depend on all of it, and on who asks: so does each shared cache's key. */
export const varyOnContext = [...fields.map((field) => contextHeaders[field]), 'authorization'].join(', ');

const shapes: Readonly<Record<Exclude<ContextField, 'market'>, { pattern: RegExp; accepted: string }>> = {
  language: { pattern: /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/, accepted: 'a BCP 47 tag such as de or de-AT' },
  currency: { pattern: /^[A-Z]{3}$/, accepted: 'an ISO 4217 code such as EUR' },
  channel: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, accepted: 'a channel code of letters, digits, - and _, at most 64' },
  customerGroup: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, accepted: 'a group code of letters, digits, - and _, at most 64' },
};

type Given = Readonly<Record<string, unknown>>;

/** Reads contexts for the markets of this shop; the first market is the one of whoever names none. */
export class Contexts {
  private readonly currencies: ReadonlyMap<string, string>;
  private readonly taxRates: ReadonlyMap<string, number | null>;
  readonly usual: Context;

  constructor(markets: readonly [Market, ...Market[]]) {
    this.currencies = new Map(markets.map(({ code, currency }) => [code, currency]));
    this.taxRates = new Map(markets.map(({ code, taxRateBp }) => [code, taxRateBp]));
    const [{ code, currency }] = markets;
    this.usual = Object.freeze({ market: code, language: DEFAULT_LANGUAGE, currency, channel: null, customerGroup: PUBLIC_GROUP });
  }

  get markets(): string[] {
    return [...this.currencies.keys()];
  }

  currencyOf(market: string): string {
    return this.currencies.get(market) ?? this.usual.currency;
  }

  /** In basis points; null = nothing can be ordered there. */
  taxRateOf(market: string): number | null {
    return this.taxRates.get(market) ?? null;
  }

  /** `group`: that of the customer who asks; null = whatever group the headers name. */
  ofHeaders(headers: Given, group: string | null): Context {
    return this.complete(this.askedOf(headers), group);
  }

  /** `@inContext` over the headers: what both name must be equal, else nobody knows what was meant. */
  ofDirective(args: Given, headers: Given, group: string | null): Context {
    const asked = { ...this.askedOf(headers) };
    const directive = this.checked((field) => args[field], (field) => `@inContext(${field})`);
    for (const field of fields) {
      const value = directive[field];
      if (value === null) continue;
      if (asked[field] !== null && asked[field] !== value)
        throw new RejectedError('GATEWAY_CONTEXT_CONFLICT', `${contextHeaders[field]}: ${asked[field]}, but @inContext(${field}: ${value})`, {
          place: `@inContext(${field})`,
          accepted: 'the same value in both, or only one of them',
        });
      asked[field] = value;
    }
    return this.complete(asked, group);
  }

  private askedOf(headers: Given): AskedContext {
    // The usual case costs five look-ups and no object.
    if (fields.every((field) => headers[contextHeaders[field]] === undefined)) return nothingAsked;
    return this.checked((field) => headers[contextHeaders[field]], (field) => contextHeaders[field]);
  }

  private complete(asked: AskedContext, group: string | null): Context {
    if (asked === nothingAsked && group === null) return this.usual;
    if (group !== null && asked.customerGroup !== null && asked.customerGroup !== group)
      throw new RejectedError('GATEWAY_CONTEXT_CONFLICT', `${asked.customerGroup} is asked for, but the token says ${group}`, {
        place: contextHeaders.customerGroup,
        accepted: 'the group of the token, or none',
      });
    const market = asked.market ?? this.usual.market;
    return {
      market,
      language: asked.language ?? DEFAULT_LANGUAGE,
      currency: asked.currency ?? this.currencyOf(market),
      channel: asked.channel,
      customerGroup: group ?? asked.customerGroup ?? PUBLIC_GROUP,
    };
  }

  private checked(valueOf: (field: ContextField) => unknown, placeOf: (field: ContextField) => string): AskedContext {
    const context = { ...nothingAsked };
    for (const field of fields) {
      const value = valueOf(field);
      if (value === undefined || value === null) continue;
      const accepted = this.refused(field, value);
      if (accepted !== undefined) throw new RejectedError('GATEWAY_CONTEXT_REFUSED', `${placeOf(field)} is not ${accepted}`, { place: placeOf(field), accepted });
      context[field] = value as string;
    }
    return context;
  }

  /** What would be accepted instead; undefined when the value is. */
  private refused(field: ContextField, value: unknown): string | undefined {
    if (field === 'market') return typeof value === 'string' && this.currencies.has(value) ? undefined : `a market of this shop: ${this.markets.join(', ')}`;
    const { pattern, accepted } = shapes[field];
    return typeof value === 'string' && pattern.test(value) ? undefined : accepted;
  }
}

/** `market=eu, language=de, …`: the context that was really used, as a header value. */
export function contextText({ market, language, currency, channel, customerGroup }: Context): string {
  return `market=${market}, language=${language}, currency=${currency}${channel === null ? '' : `, channel=${channel}`}, customerGroup=${customerGroup}`;
}
