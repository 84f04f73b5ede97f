// Where layers and containers are kept: a store of our own, so that nothing of the machine's is touched and a second run is quick.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@steward/servers';
import { must, run, type Ran } from './run';

export interface Store {
  readonly driver: 'overlay' | 'vfs';
  readonly buildah: (...args: readonly string[]) => Promise<string>;
  readonly podman: (...args: readonly string[]) => Promise<string>;
  readonly tryPodman: (...args: readonly string[]) => Promise<Ran>;
}

/** vfs copies every layer whole, so it is taken only where the kernel mounts no overlay for us. */
export async function openStore(): Promise<Store> {
  const folder = cacheFolder('images');
  const at = (driver: string): string[] => ['--root', join(folder, driver), '--runroot', join(folder, `${driver}-run`), '--storage-driver', driver];
  const probe = await run('buildah', [...at('overlay'), 'from', '--name', 'probe', 'scratch']);
  const mounted = probe.code === 0 && (await run('buildah', [...at('overlay'), 'mount', 'probe'])).code === 0;
  await run('buildah', [...at('overlay'), 'rm', 'probe']);
  if (!mounted) rmSync(join(folder, 'overlay'), { recursive: true, force: true });
  const driver = mounted ? 'overlay' : 'vfs';
  // No cgroup manager and no network of its own: the containers share this machine's, as they would a pod's.
  const podman = [...at(driver), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];
  return {
    driver,
    buildah: (...args) => must('buildah', [...at(driver), ...args]),
    podman: (...args) => must('podman', [...podman, ...args]),
    tryPodman: (...args) => run('podman', [...podman, ...args]),
  };
}
