/** The language that is really shown: the asked one, its base language, English, else the first there is; null when there is none (ADR 0001). */
export function languageOf(texts: Readonly<Record<string, unknown>>, asked: string | null): string | null {
  if (asked !== null) {
    if (Object.hasOwn(texts, asked)) return asked;
    const base = asked.split('-')[0] ?? asked;
    if (Object.hasOwn(texts, base)) return base;
  }
  return Object.hasOwn(texts, 'en') ? 'en' : (Object.keys(texts)[0] ?? null);
}
