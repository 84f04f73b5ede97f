const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|SIGNATURE|API_?KEY|_KEYS?$)/i;
const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** Whether a variable, field or header of this name may hold a secret that must not be logged. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/** Hides user and password of every address in the text. */
export const maskAddresses = (text: string): string => text.replace(userInfo, '$1***@');

/** A value as it may be shown in a message: secrets not at all, addresses without their credentials, long values cut. */
export function shown(name: string, value: string): string {
  if (isSecretName(name)) return `*** (${value.length} characters)`;
  const masked = maskAddresses(value);
  return JSON.stringify(masked.length > 120 ? `${masked.slice(0, 120)}…` : masked);
}
