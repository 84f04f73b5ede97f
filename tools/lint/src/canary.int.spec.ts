// The boundary rule skips itself, with exit code 0, when it finds no project graph. A green lint run proves nothing by
// itself; these planted violations prove that the rules are awake.
import { execFile, type ExecFileOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

function run(args: string[], input = ''): Promise<string> {
  // With CI set the typed rules take every file as it is on disk, and have no types for a planted text.
  const env = { ...process.env, TSESTREE_SINGLE_RUN: 'false', NX_DAEMON: 'false' };
  const options: ExecFileOptions = { cwd: root, env, maxBuffer: 10_000_000 };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, options, (fault, stdout, stderr) => {
      if (fault) reject(new Error(`${args.join(' ')}: ${String(stderr)}`));
      else resolve(String(stdout));
    });
    child.stdin?.end(input);
  });
}

interface Graph {
  graph: { nodes: Record<string, { data: { root: string } }>; dependencies: Record<string, { target: string }[]> };
}

/** An import from a lower layer that no way leads back: otherwise the rule reports the circle and hides the layer. */
function findUpward({ graph }: Graph): { source: string; target: string; root: string } {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    from === to || (!seen.has(from) && seen.add(from) && (graph.dependencies[from] ?? []).some(({ target }) => reaches(target, to, seen)));
  for (const source of ['platform', 'event-bus', 'adapter-kit'])
    for (const target of ['contract-compiler', 'start', 'real-systems', 'bench']) {
      const root = graph.nodes[source]?.data.root;
      if (root !== undefined && !reaches(target, source)) return { source, target, root };
    }
  throw new Error('every tool reaches every layer: plant the upward import elsewhere');
}

const planted = {
  upward: { file: '', text: '' },
  sideways: { file: 'apps/pim/src/main.ts', text: "import * as erp from '@steward/erp';\nexport { erp };\n" },
  testing: { file: 'libs/platform/src/index.ts', text: "import { eventually } from '@steward/testing';\nexport { eventually };\n" },
  cycle: { file: 'tools/servers/src/fault.ts', text: "import { dieWithParent } from './process/guard';\nimport { launch } from './process/process';\nexport { dieWithParent, launch };\n" },
  sins: {
    file: 'libs/platform/src/index.ts',
    text: "import 'undici';\nimport '@nats-io/nats-core';\nexport const all = async (one: any): Promise<void> => {\n  console.log(one);\n  fetch('http://x');\n};\n",
  },
  environment: { file: 'libs/event-bus/src/index.ts', text: 'export const home = process.env;\n' },
  long: { file: 'libs/platform/src/index.ts', text: 'export const a = [\n'.concat("  'x',\n".repeat(300), '];\n') },
};

describe('lint', () => {
  let found: Record<keyof typeof planted, string[]>;

  let upward: ReturnType<typeof findUpward>;

  beforeAll(async () => {
    await run(['node_modules/nx/dist/bin/nx.js', 'graph', '--file=node_modules/.cache/canary-graph.json']);
    upward = findUpward(JSON.parse(readFileSync(join(root, 'node_modules/.cache/canary-graph.json'), 'utf8')) as Graph);
    planted.upward = { file: `${upward.root}/src/index.ts`, text: `import * as tool from '@steward/${upward.target}';\nexport { tool };\n` };
    const answer = JSON.parse(await run([join(root, 'tools/lint/lint-planted.mjs')], JSON.stringify(Object.values(planted)))) as string[][];
    found = Object.fromEntries(Object.keys(planted).map((name, index) => [name, answer[index] ?? []])) as typeof found;
  }, 120_000);

  it('refuses an import from a higher layer, by name of the layers', () => {
    expect(found.upward).toContainEqual(
      expect.stringContaining(`@nx/enforce-module-boundaries: A project tagged with "layer:${upward.source}" can only depend on libs tagged with "layer:${upward.source}", "layer:contracts"`),
    );
  });

  it('refuses an app that imports an app', () => {
    expect(found.sideways).toContainEqual(expect.stringContaining('@nx/enforce-module-boundaries'));
  });

  it('keeps the testing library out of everything but specs', () => {
    expect(found.testing).toContainEqual(expect.stringMatching(/@nx\/enforce-module-boundaries: .*(can only depend on|Circular)/));
  });

  it('names the way of an import cycle', () => {
    expect(found.cycle).toContainEqual('steward/no-import-cycle: this file imports itself by way of tools/servers/src/process/process.ts');
  });

  it('refuses fetch, HTTP and NATS clients, any, console and a floating promise where they do not belong', () => {
    const rules = found.sins.map((message) => message.split(':')[0]).toSorted();
    expect(rules).toEqual([
      '@typescript-eslint/no-explicit-any',
      '@typescript-eslint/no-floating-promises',
      'no-console',
      'no-restricted-globals',
      'no-restricted-imports',
      'no-restricted-imports',
    ]);
    expect(found.environment).toEqual([expect.stringContaining('the environment is read in libs/platform only')]);
  });

  it('refuses a file of more than 300 lines of code', () => {
    expect(found.long).toEqual([expect.stringContaining('max-lines')]);
  });
});
