import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnv } from '@steward/platform';
import { parse } from 'yaml';
import { passwordsOf } from './generate';
import { ownShape } from './services/own-shape';
import { services } from './services/services';
import { repository } from './services/variables';

interface Container {
  readonly image: string;
  readonly build?: { readonly args: { readonly APP: string } };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly string[];
}

const folder = join(repository, 'docker');
const read = <T>(file: string): T => parse(readFileSync(join(folder, file), 'utf8'), { merge: true }) as T;
/** As compose fills them in. */
const filled = (value: string | number): string => String(value).replace(/\$\{\w+:-(\w+)\}/g, '$1');

describe('compose.yaml', () => {
  const containers = read<{ services: Record<string, Container> }>('compose.yaml').services;
  const ours = services.map((service) => [service.name, service] as const);

  it('has the whole system, every image by a version, every container with a health check', () => {
    expect(Object.keys(containers).toSorted()).toEqual([...services.map(({ name }) => name), 'postgres', 'nats', 'jaeger', 'prometheus', 'grafana'].toSorted());
    for (const [name, { image, healthcheck }] of Object.entries(containers)) {
      expect([name, /:v?\d+\.\d+/.test(image), healthcheck?.test[0]]).toEqual([name, true, 'CMD']);
    }
  });

  it.each(ours)('gives %s the environment that it reads, and a root that it can not write to', (name, service) => {
    const { environment = {}, ...container } = containers[name] ?? { image: '' };
    const env = Object.fromEntries(Object.entries(environment).map(([variable, value]) => [variable, filled(value)]));
    const vendor = env['STEWARD_CONNECTOR'];
    expect(() => loadEnv(ownShape(service, vendor), env)).not.toThrow();
    expect([container.read_only, container.cap_drop]).toEqual([true, ['ALL']]);
    expect(container.image).toBe(`steward/${service.app}:0.1.0`);
    if (container.command !== undefined) expect(container.command).toEqual([`apps/${service.app}/dist/${service.main}`]);
    // The chart's address to listen on; ports are those of the defaults, which the chart names too.
    const hosts = Object.entries(service.managed).filter(([variable]) => variable.endsWith('_HOST'));
    expect(env).toMatchObject(Object.fromEntries(hosts));
  });

  it('builds each image once', () => {
    const built = Object.values(containers).flatMap(({ build }) => (build === undefined ? [] : [build.args.APP]));
    expect(built.toSorted()).toEqual([...new Set(services.map(({ app }) => app))].toSorted());
  });

  it('knows the password of every account and the role of every database', () => {
    const accounts = readFileSync(join(folder, 'nats', 'accounts.conf'), 'utf8');
    expect(Object.keys(containers['nats']?.environment ?? {}).toSorted()).toEqual(passwordsOf(accounts));
    const script = readFileSync(join(folder, 'postgres', 'databases.sh'), 'utf8');
    const owners = /for owner in ([a-z ]+);/.exec(script)?.[1]?.split(' ') ?? [];
    const used = Object.values(containers).flatMap(({ environment = {} }) => (environment['DATABASE_URL'] === undefined ? [] : [new URL(filled(environment['DATABASE_URL']))]));
    expect(owners.toSorted()).toEqual([...new Set(used.map(({ username }) => username))].toSorted());
    expect(used.every(({ username, pathname }) => pathname === `/steward_${username}`)).toBe(true);
  });

  it('keeps the broker’s promise, scrapes everybody, and mounts only what is there', () => {
    expect(readFileSync(join(folder, 'nats', 'nats.conf'), 'utf8')).toMatch(/sync_interval: always[^]*include \.\/accounts\.conf/);
    const { scrape_configs: [job] } = read<{ scrape_configs: [{ static_configs: [{ targets: string[] }] }] }>('prometheus.yaml');
    const scraped = services.filter(({ metrics }) => metrics).map(({ name, ports }) => `${name}:${String(ports['http'])}`);
    expect(job.static_configs[0].targets.toSorted()).toEqual(scraped.toSorted());
    const mounted = Object.values(containers).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? '').filter((place) => place.startsWith('.')));
    expect(mounted.filter((place) => !existsSync(join(folder, place)))).toEqual([]);
    expect(globSync(join(repository, 'k8s/observability/rules/*.yaml')).length).toBeGreaterThan(0);
  });

  it('opens nothing beyond this machine', () => {
    expect(Object.values(containers).flatMap(({ ports = [] }) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('waits for nobody who never becomes healthy', () => {
    const conditions = Object.values(containers).flatMap(({ depends_on: needs = {} }) => Object.keys(needs));
    expect(conditions.filter((name) => containers[name]?.healthcheck === undefined)).toEqual([]);
  });
});
