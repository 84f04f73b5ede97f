import { join } from 'node:path';
import { brokerAccess, PROVISIONER } from '@steward/contracts';
import { renderAccounts } from './output/accounts';

it('prints every account of the broker without a secret, and says which variables hold the passwords', () => {
  const text = renderAccounts(join(__dirname, '../../..')) ?? '';
  const users = [...brokerAccess.map(({ service }) => service), PROVISIONER, 'system'];
  const variables = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}`);
  expect([...text.matchAll(/user: "(.+?)", password: \$(\w+)/g)].map(([, user, variable]) => `${user} ${variable}`).toSorted()).toEqual(users.map((user, index) => `${user} ${variables[index]}`).toSorted());
  expect(text).not.toMatch(/password: "/);
  for (const variable of variables) expect(text).toContain(`#   ${variable}\n`);
});
