// The restricted pod security standard, and what we ask beyond it: numbers instead of the image's word, and a read-only root.
import type { Manifest } from '../helm/render';

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly securityContext?: { readonly allowPrivilegeEscalation?: boolean; readonly readOnlyRootFilesystem?: boolean; readonly runAsNonRoot?: boolean; readonly privileged?: boolean; readonly runAsUser?: number; readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] } };
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number; readonly seccompProfile?: { readonly type?: string } };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** Every pod that a manifest makes, however deep it lies. */
export function podSpecs(value: unknown): PodSpec[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('containers' in value && Array.isArray(value.containers)) return [value as unknown as PodSpec];
  return Object.values(value).flatMap(podSpecs);
}

const volumeKinds = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

export function podFaults(manifest: Manifest): string[] {
  return podSpecs(manifest).flatMap((pod) => {
    const faults = [
      ...(pod.hostNetwork === true || pod.hostPID === true || pod.hostIPC === true ? ['shares a namespace of the host'] : []),
      ...(pod.automountServiceAccountToken === false ? [] : ['gets a token of the cluster']),
      ...(pod.securityContext?.runAsNonRoot === true ? [] : ['may run as root']),
      ...((pod.securityContext?.runAsUser ?? 0) > 0 ? [] : ['names no user']),
      ...(pod.securityContext?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
      ...(pod.volumes ?? []).flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name' && !volumeKinds.includes(key)).map((key) => `mounts ${key}`)),
      ...[...pod.containers, ...(pod.initContainers ?? [])].flatMap(containerFaults),
    ];
    return faults.map((fault) => `${manifest.kind} ${manifest.metadata.name}: ${fault}`);
  });
}

function containerFaults({ name, securityContext: context = {}, resources }: Container): string[] {
  const drops = context.capabilities?.drop ?? [];
  return [
    ...(context.allowPrivilegeEscalation === false ? [] : ['may gain privileges']),
    ...(context.privileged === true ? ['is privileged'] : []),
    ...(drops.includes('ALL') && (context.capabilities?.add ?? []).length === 0 ? [] : ['keeps capabilities']),
    ...(context.readOnlyRootFilesystem === true ? [] : ['may write to its root']),
    ...(context.runAsNonRoot === false || context.runAsUser === 0 ? ['runs as root'] : []),
    ...(resources?.requests !== undefined && resources.limits?.memory !== undefined ? [] : ['has no requests, or no limit of memory']),
  ].map((fault) => `container ${name} ${fault}`);
}
