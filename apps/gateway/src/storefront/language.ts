/** The language that is really shown: the asked one, its base language, English, else the first by its tag; null when there is none (ADR 0001). */
export function languageOf(texts: Readonly<Record<string, unknown>>, asked: string | null): string | null {
  if (asked !== null) {
    if (Object.hasOwn(texts, asked)) return asked;
    const base = asked.split('-')[0] ?? asked;
    if (Object.hasOwn(texts, base)) return base;
  }
  return Object.hasOwn(texts, 'en') ? 'en' : (Object.keys(texts).sort()[0] ?? null);
}
