// Debian's own builder and runner of containers: neither needs a daemon, and both work as root inside of most sandboxes.
import { run, say } from './run';

const packages = ['buildah', 'podman', 'runc', 'mmdebstrap', 'ca-certificates'];
const programs = ['buildah', 'podman', 'runc', 'mmdebstrap'];

const missing = async (): Promise<string[]> => {
  const found = await Promise.all(programs.map((program) => run(program, ['--version'])));
  return programs.filter((_program, index) => found[index]?.code !== 0);
};

/** Why images can't be built here; undefined when they can, after installing what apt has. */
export async function toolsMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `images are built on Linux here, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'buildah and podman are run as root here: start it as root, or build with docker by hand (docs/how-to/images.md)';
  const lacking = await missing();
  if (lacking.length === 0) return undefined;
  say(`installing ${lacking.join(', ')}`);
  const update = await run('apt-get', ['update', '-q']);
  if (update.code !== 0) return `there is no ${lacking.join(', ')}, and apt-get can't install them here: ${(update.error || update.out).trim().split('\n')[0] ?? ''}`;
  const installed = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  if (installed.code !== 0) return `apt-get did not install ${packages.join(', ')}: ${installed.error.trim().split('\n').at(-1) ?? ''}`;
  const still = await missing();
  return still.length === 0 ? undefined : `${still.join(', ')} do not start after they were installed`;
}
