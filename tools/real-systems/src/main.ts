// npm run test:real -- <system> [--if-possible]: proves a connector against the real system of record, on this machine.
import { rmSync } from 'node:fs';
import { scratchFolder } from '@steward/start';
import { whyNot as whyNotDirectus } from './directus/directus-install';
import { proveDirectus } from './directus/prove-directus';
import { whyNot as whyNotMedusa } from './medusa/medusa-install';
import { proveMedusa } from './medusa/prove-medusa';
import { whyNot as whyNotOdoo } from './odoo/odoo-install';
import { proveOdoo } from './odoo/prove-odoo';
import type { Proof } from './proof';
import { proveTryton } from './tryton/prove-tryton';
import { whyNot as whyNotTryton } from './tryton/tryton-server';

interface RealSystem {
  /** The reason why it can't run on this machine, in one sentence. */
  readonly whyNot: () => string | undefined;
  readonly prove: (proof: Proof) => Promise<void>;
}

const systems: Readonly<Record<string, RealSystem>> = {
  directus: { whyNot: whyNotDirectus, prove: proveDirectus },
  medusa: { whyNot: whyNotMedusa, prove: proveMedusa },
  odoo: { whyNot: whyNotOdoo, prove: proveOdoo },
  tryton: { whyNot: whyNotTryton, prove: proveTryton },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main([name = '', ...flags]: readonly string[]): Promise<number> {
  const system = systems[name];
  const unknown = flags.find((flag) => flag !== '--if-possible');
  if (!system || unknown !== undefined) {
    process.stderr.write(`test:real: ${system ? `unknown flag ${unknown}` : `unknown system "${name}"`}; accepted: ${Object.keys(systems).join(', ')} [--if-possible]\n`);
    return 64;
  }
  const reason = system.whyNot();
  if (reason !== undefined) {
    say(`${name}: NOT PROVEN HERE: ${reason}`);
    return flags.includes('--if-possible') ? 0 : 69;
  }
  const directory = scratchFolder(`real-${name}`);
  const begun = Date.now();
  try {
    await system.prove({ directory, say });
    say(`${name}: proven in ${Math.round((Date.now() - begun) / 1000)} s`);
    rmSync(directory, { recursive: true, force: true });
    return 0;
  } catch (fault) {
    process.stderr.write(`${name}: not so: ${(fault as Error).stack}\nlogs are kept in ${directory}\n`);
    return 1;
  }
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
