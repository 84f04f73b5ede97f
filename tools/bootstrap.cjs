// The first command after `git clone`: installs packages, finds Node 24 among them, builds, then runs the command.
//
// No dependency, and no syntax newer than Node 8: on a machine with an old Node it must still parse to say so.
// npm itself runs on the machine's Node (20.19 or newer); everything else on the one that package-lock.json pins.
'use strict';
const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const root = path.join(__dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

const contracts = { name: 'contract compiler', run: ['node_modules/typescript/bin/tsc', '-b', 'tools/contracts'] };
const generate = { name: 'contracts', run: ['tools/contracts/dist/main.js', 'generate'] };
const check = { name: 'contract check', run: ['tools/contracts/dist/main.js', 'check'] };
const build = { name: 'build', run: ['node_modules/typescript/bin/tsc', '-b'] };
// The boundary rule skips itself without a project graph, so the graph is made first.
const graph = { name: 'project graph', run: ['node_modules/nx/dist/bin/nx.js', 'graph', '--file=node_modules/.cache/graph.json'] };
const lint = { name: 'lint', run: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0'] };
const types = { name: 'type check of specs', run: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.spec.json'] };
// The conformance checks mostly wait for the next poll of a feed, so they cost the others little beside them.
const conformance = { name: 'conformance', tests: ['--testMatch', '**/*.contract.spec.ts', '--runInBand'] };
const tests = { name: 'tests', tests: ['--testMatch', '**/src/**/*.{unit,int,e2e}.spec.ts'] };
const made = [contracts, generate, build];

/** Steps before the last must succeed, those in a list of their own run side by side; `extra` arguments of the command line go to the last. */
const commands = {
  start: made.concat({ run: ['tools/start/dist/main.js'] }),
  shop: made.concat({ run: ['tools/start/dist/shop/main.js'] }),
  smoke: made.concat({ run: ['tools/start/dist/smoke.js'] }),
  build: made,
  lint: made.concat(graph, { run: lint.run }),
  contracts: [contracts, { run: ['tools/contracts/dist/main.js'] }],
  charts: made.concat({ run: ['tools/charts/dist/main.js'] }),
  docs: made.concat({ run: ['tools/site/dist/main.js'] }),
  bench: made.concat({ run: ['bench/dist/main.js'] }),
  'test:images': made.concat({ run: ['tools/images/dist/main.js'] }),
  'test:real': made.concat({ run: ['tools/real-systems/dist/main.js'] }),
  test: [contracts, check, generate, build, graph, [lint, types, { name: 'docs', run: ['tools/site/dist/main.js'] }], [tests, conformance], { name: 'smoke', run: ['tools/start/dist/smoke.js'] }],
  // The sheets are written here and compared by `test`, as is .env.example, which names the variables of every connector.
  'test:vendors': made.concat({ name: '.env.example', run: ['libs/platform/dist/documents/main.js'] }, Object.assign({}, conformance, { shown: true, env: { WRITE_SHEETS: '1' } })),
  traces: made.concat({ name: 'traces', tests: ['traces.e2e'], shown: true, env: { WRITE_TRACES: '1' } }),
  'test:charts': made.concat({ name: 'charts', tests: ['tools/charts/', '--runInBand', '--verbose'], shown: true }),
  'test:faults': made.concat({ name: 'fault tests', tests: ['--testMatch', '**/*.faults.spec.ts', '--maxWorkers=2'] }),
};

function fail(line) {
  process.stderr.write(`steward: ${line}\n`);
  process.exit(1);
}

function isAtLeast(version, major, minor) {
  const parts = version.replace(/^v/, '').split('.').map(Number);
  return parts[0] > major || (parts[0] === major && parts[1] >= minor);
}

/** Whether node_modules holds what package-lock.json asks for; npm keeps its own list of what it installed. */
function isInstalled() {
  try {
    const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages;
    const wanted = read('package-lock.json');
    const found = read('node_modules/.package-lock.json');
    const same = (one, other) => one.version === other.version && one.integrity === other.integrity && one.resolved === other.resolved;
    return Object.keys(wanted).every((name) => {
      if (name.indexOf('node_modules/') !== 0 && name.indexOf('/node_modules/') < 0) return true; // our own folders
      if (found[name] === undefined) return wanted[name].optional === true || wanted[name].devOptional === true;
      return same(wanted[name], found[name]);
    });
  } catch (_absent) {
    return false;
  }
}

/** Runs a program with our terminal; resolves with its exit code, 128 + n for a signal. */
function run(command, args, options) {
  return new Promise((resolve) => {
    const child = childProcess.spawn(command, args, Object.assign({ cwd: root, stdio: 'inherit' }, options));
    // What a step says matters only when it fails.
    let said = '';
    if (child.stdout) child.stdout.on('data', (part) => (said += part));
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    signals.forEach((signal) => process.on(signal, forward));
    const end = (code) => {
      signals.forEach((signal) => process.removeListener(signal, forward));
      resolve(code);
    };
    child.on('error', (fault) => {
      process.stderr.write(`steward: cannot run ${command}: ${fault.message}\n`);
      end(127);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) process.stdout.write(said);
      end(signal === null ? code : 128 + os.constants.signals[signal]);
    });
  });
}

function hasHome() {
  try {
    fs.accessSync(os.homedir(), fs.constants.W_OK);
    return true;
  } catch (_none) {
    return false;
  }
}

async function install() {
  if (isInstalled()) return;
  process.stdout.write('installing packages (once; about a minute)\n');
  const npm = process.env.npm_execpath;
  // Warnings that our own Node is too old for a package are true for npm only: nothing else runs on it.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!hasHome()) args.push('--cache', path.join(os.tmpdir(), `steward-npm-${process.getuid ? process.getuid() : 0}`));
  const viaNode = npm !== undefined && /\.c?js$/.test(npm);
  const code = await run(viaNode ? process.execPath : 'npm', viaNode ? [npm].concat(args) : args, {});
  if (code !== 0) fail(`"npm ci" failed (exit code ${code}): see its message above`);
}

function environment() {
  const pinned = path.join(bin, 'node');
  if (!fs.existsSync(pinned) && !isAtLeast(process.version, 24, 9)) {
    fail(`no Node 24 comes with the packages for ${process.platform}-${process.arch}: install Node 24.9 or newer and try again (found ${process.version})`);
  }
  return Object.assign({}, process.env, {
    PATH: bin + path.delimiter + (process.env.PATH || '/usr/bin:/bin'),
    NX_DAEMON: 'false',
    NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'compiled'),
  });
}

/** Jest's own counts of what one run of it has written. */
function countsOf(file) {
  try {
    const found = JSON.parse(fs.readFileSync(file, 'utf8'));
    const dead = found.numRuntimeErrorTestSuites; // a file that did not even load
    return { passed: found.numPassedTests, failed: found.numFailedTests + dead };
  } catch (_none) {
    return { passed: 0, failed: 1 }; // jest did not finish
  } finally {
    fs.rmSync(file, { force: true });
  }
}

async function main() {
  const command = process.argv[2];
  const extra = process.argv.slice(3);
  if (!isAtLeast(process.version, 20, 19)) fail(`Node 20.19 or newer is needed to start, this is ${process.version}: see https://nodejs.org`);
  const steps = commands[command];
  if (steps === undefined) fail(`unknown command "${command}": one of ${Object.keys(commands).join(', ')}`);
  await install();
  const env = environment();
  const node = fs.existsSync(path.join(bin, 'node')) ? path.join(bin, 'node') : process.execPath;
  const reportOf = (step) => path.join(os.tmpdir(), `steward-jest-${process.pid}-${step.name.replace(/ /g, '-')}.json`);
  const isTest = command.indexOf('test') === 0 && ['test:real', 'test:images'].indexOf(command) < 0;
  const runStep = async (step, isLast, isAlone) => {
    const started = Date.now();
    if (isTest && isAlone) process.stdout.write(`\n── ${step.name}\n`);
    const args = step.tests === undefined ? step.run : jest.concat(step.tests, ['--json', '--outputFile', reportOf(step)], extra.length > 0 ? ['--passWithNoTests'].concat(extra) : []);
    // The channel tells a system that runs when we are gone, however we went.
    const stdio = isLast && !isTest ? ['inherit', 'inherit', 'inherit', 'ipc'] : ['inherit', step.tests && !step.shown ? 'ignore' : isTest && isAlone ? 'inherit' : 'pipe', 'inherit'];
    const code = await run(node, args.concat(isLast && !isTest ? extra : []), { env: Object.assign({}, env, step.env), stdio });
    if (isTest) process.stdout.write(`── ${step.name}: ${code === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
    return { step, code };
  };
  const failed = [];
  for (const entry of steps) {
    const together = [].concat(entry);
    const ended = await Promise.all(together.map((step) => runStep(step, entry === steps[steps.length - 1], together.length === 1)));
    const faults = ended.filter(({ code }) => code !== 0);
    if (faults.length === 0) continue;
    failed.push(...faults.map(({ step }) => step.name || command));
    if (!isTest) process.exit(faults[0].code);
    // Later checks may still tell something, unless there is nothing to run or somebody pressed Ctrl-C.
    if (faults.some(({ step, code }) => code > 128 || made.indexOf(step) >= 0)) break;
  }
  if (!isTest) return;
  // Printed again as the last lines, after whatever came later.
  const counted = [].concat(...steps).filter((step) => step.tests !== undefined).map((step) => countsOf(reportOf(step)));
  const sum = (what) => counted.reduce((total, each) => total + each[what], 0);
  if (sum('passed') + sum('failed') === 0) failed.push('no test was found');
  process.stdout.write(`\n${failed.length === 0 ? 'all steps passed' : `failed: ${failed.join(', ')}`}\n${sum('passed')} passed, ${sum('failed')} failed\n`);
  process.exit(failed.length === 0 ? 0 : 1);
}

main().catch((fault) => fail(String(fault && fault.stack)));
