/** Text of an element or attribute. What XML 1.0 has no character for is left out. */
export function escaped(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '').replaceAll(/[<>&"']/g, (character) => entities[character] ?? '');
}

const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' };

/** Nothing for what is not there. */
export function element(name: string, text: string | null): string {
  return text === null || text === '' ? '' : `<${name}>${escaped(text)}</${name}>`;
}
