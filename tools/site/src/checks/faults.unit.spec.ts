import { faultsIn, type World } from './faults';

const world = (text: string, more: Partial<World> = {}): World => ({
  texts: [{ file: 'docs/how-to/page.md', text }, { file: 'docs/other.md', text: '# Other\n\n## A `place`, or two\n\n## Twice\n\n## Twice\n' }],
  exists: (path) => ['docs/other.md', 'docs/how-to/page.md', 'docs/runbooks/lost.md', 'apps/pim/src/main.ts', 'libs/bus/src/gate.int.spec.ts'].includes(path),
  words: new Set(['steward_outbox_seconds', 'STEWARD_LOG_LEVEL', 'BROKER_TIMEOUT', 'StewardFlowLate']),
  codePrefixes: new Set(['BROKER']),
  commands: [
    { noun: 'dlq', verb: 'list', options: [['--q <query>', '']] },
    { noun: 'dlq', verb: 'retry', acts: true, options: [['--group <id>', '']] },
    { noun: null, verb: 'doctor' },
    { noun: 'runbook', verb: 'run', acts: true },
  ],
  scripts: new Set(['docs', 'test']),
  generators: new Set(['vendor']),
  addresses: ['GET /ops/v1/cases/{id}', 'POST /v1/orders', 'GET /sitemaps/{name}.xml'],
  ...more,
});
const faults = (text: string): readonly string[] => faultsIn(world(text)).map((fault) => fault.replace('docs/how-to/page.md: there is no ', ''));

describe('the documentation', () => {
  it('may name whatever is there', () => {
    const text = `
[there](../other.md#a-place-or-two) [twice](../other.md#twice-1) [elsewhere](https://example.com/nothing) \`apps/pim/src/main.ts\` \`libs/bus/src/gate.int\` \`apps/acme/src/x.ts\`
\`steward_outbox_seconds_bucket\` \`STEWARD_LOG_LEVEL\` \`STEWARD_ACME_URL\` \`BROKER_TIMEOUT\` StewardFlowLate \`THEIR_OWN_VARIABLE\`
\`GET /cases/{id}\` \`GET /cases/42\` \`POST /v1/orders\` \`GET /sitemaps/<name>.xml\`
npm run docs, npm test, npx nx g @steward/tools:vendor erp acme

    npx steward dlq list --q 'state:open --not-an-option' -o json   # --nor-this
    npx steward dlq retry --group <group> --reason '…' --dry-run | head
    npx steward runbook run lost --reason x; node apps/pim/dist/main.js
    npx steward doctor
    npx steward dlq --help
`;
    expect(faults(text)).toEqual([]);
  });

  const proofs = (row: string): readonly string[] => faults(`## Where to find them\n\n| rule | enforced | proved |\n|---|---|---|\n${row}\n`);
  it('finds what proves a rule below the place that its name stands for', () => {
    expect(proofs('| O7 | in words: pim `main.ts`, `./` | `libs/bus/src/gate.int` |')).toEqual([]);
    expect(proofs('| O7 | in words: pim `src/gone.ts`; bus `outbox/gone.ts` | |')).toEqual(['file apps/pim/src/src/gone.ts', 'file libs/event-bus/src/outbox/gone.ts']);
  });

  it.each([
    ['[gone](../gone.md)', 'place docs/gone.md'],
    ['[no such place](../other.md#third)', 'place docs/other.md#third'],
    ['`apps/pim/src/gone.ts`', 'file apps/pim/src/gone.ts'],
    ['`steward_gone_total{flow}`', 'name steward_gone_total'],
    ['`STEWARD_GONE`', 'name STEWARD_GONE'],
    ['`BROKER_GONE`', 'name BROKER_GONE'],
    ['StewardGoneAlert', 'name StewardGoneAlert'],
    ['`npx steward dlq forget`', 'command npx steward dlq forget'],
    ['`npx steward dlq list --gone`', 'command npx steward dlq list --gone'],
    ['`npx steward doctor --reason x`', 'command npx steward doctor --reason x'],
    ['    npx steward runbook run gone --reason x', 'runbook gone'],
    ['npm run gone', 'script gone'],
    ['`node apps/gone/dist/main.js`', 'program apps/gone/src/main.ts'],
    ['@steward/tools:gone', 'generator gone'],
    ['`POST /cases/{id}/gone`', 'address POST /cases/{id}/gone'],
  ])('may not name what is not there: %s', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });
});
