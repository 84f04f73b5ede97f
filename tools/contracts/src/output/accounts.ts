// The accounts follow from the contracts by way of the package that is generated from them, so that production, `npm start` and the
// tests get theirs from one place. It is built here and loaded only then: the package itself needs this compiler to exist.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What is used of @steward/contracts. */
interface Rights {
  readonly renderBrokerAccounts: (options: { passwordOf: (user: string) => Variable; systemPassword: Variable }) => string;
}

interface Variable {
  readonly variable: string;
}

/** NATS_PASSWORD_PIM for the user pim. */
const variableOf = (user: string): Variable => ({ variable: `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}` });

/** Part of nats.conf with a variable for each password; undefined when the package can't be built, which the compiler has told then. */
export function renderAccounts(root: string): string | undefined {
  const load = createRequire(join(root, 'package.json'));
  const built = spawnSync(process.execPath, [load.resolve('typescript/bin/tsc'), '-b', 'libs/contracts'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) return undefined;
  const { renderBrokerAccounts } = load('@steward/contracts') as Rights;
  const used: string[] = [];
  const passwordOf = (user: string): Variable => {
    const found = variableOf(user);
    used.push(found.variable);
    return found;
  };
  const block = renderBrokerAccounts({ passwordOf, systemPassword: passwordOf('system') });
  const head = [
    'Made by "npm run contracts -- accounts" from contracts/: make it again when a contract changes, do not edit it.',
    'nats-server reads the passwords from its environment; begin them with a letter, and use letters and digits only:',
    ...used.toSorted().map((name) => `  ${name}`),
  ];
  return `${head.map((line) => `# ${line}\n`).join('')}${block}`;
}
