const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|SIGNATURE|API_?KEY|_KEYS?$)/i;
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** Whether a variable, field or header of this name may hold a secret that must not be logged. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/** Names that end so hold several, separated by commas, while one replaces another. */
const severalSecrets = /_WEBHOOK_SECRETS?$/;

export const secretsIn = (text: string): string[] => text.split(',').map((each) => each.trim());

/** What has to be as secret, and as strong, as if it were alone in a variable of this name. */
export const secretsOf = (name: string, value: string): string[] => (severalSecrets.test(name) ? secretsIn(value) : [value]);

/** Hides user and password of every address in the text. */
export const maskAddresses = (text: string): string => text.replace(userInfo, '$1***@');

/** A value as it may be shown in a message: secrets not at all, addresses without their credentials, long values cut. */
export function shown(name: string, value: string): string {
  if (isSecretName(name)) return `*** (${value.length} characters)`;
  const masked = maskAddresses(value);
  return JSON.stringify(masked.length > 120 ? `${masked.slice(0, 120)}…` : masked);
}
