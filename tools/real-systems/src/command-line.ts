/**
 * Options in one word with their values. In two words a random password that begins with a dash (one in 64) is read as options itself: with an
 * `h` or a `v` in it, as a wish for help or the version, which does nothing and ends well.
 */
export const optionsOf = (values: Readonly<Record<string, string>>): string[] => Object.entries(values).map(([name, value]) => `--${name}=${value}`);
