import { loadEnv } from '@steward/platform';
import type { Trial } from '../stage/trial';

/** Every variable has a description; what is missing or no address is refused, all of it at once, by name. */
export async function refusesBadSettings({ stage: { connector, settings, evidence } }: Trial): Promise<void> {
  const faultsOf = (given: Readonly<Record<string, string>>): string => {
    try {
      loadEnv(connector.env, given);
      return '';
    } catch (error) {
      evidence.texts.push(String(error));
      return String(error);
    }
  };
  const without = (name: string): Record<string, string> => Object.fromEntries(Object.entries(settings).filter(([other]) => other !== name));

  for (const [name, schema] of Object.entries(connector.env)) {
    if (((schema as { description?: string }).description ?? '') === '') throw new Error(`${name} has no description for .env.example`);
  }
  const working = faultsOf(settings);
  if (working !== '') throw new Error(`the profile's own settings are refused: ${working}`);
  const required = Object.keys(settings).filter((name) => faultsOf(without(name)) !== '');
  const unnamed = required.filter((name) => !faultsOf({}).includes(name));
  if (required.length === 0) throw new Error('it would start without any setting');
  if (unnamed.length > 0) throw new Error(`missing and not named: ${unnamed.join(', ')}`);
  for (const name of Object.keys(settings).filter((each) => URL.canParse(settings[each] ?? ''))) {
    if (!faultsOf({ ...settings, [name]: 'no address' }).includes(name)) throw new Error(`${name} takes what is no address`);
  }
}
