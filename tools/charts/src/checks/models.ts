// Manifests against the schemas of Kubernetes and of the operators. The models find wrong types and what is missing; a name that
// doesn't exist they let pass, and so would the API server, with a warning nobody reads: TypeScript's check of object literals finds it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Manifest } from '../helm/render';
import { repository } from '../services/variables';

const places = [join(repository, 'tools', 'charts', 'node_modules'), join(repository, 'node_modules')];

/** By path: the packages know `import` only, and what compiles specs writes `require`. */
function fileOf({ package: name, path }: Model): string | undefined {
  return places.map((place) => join(place, name, `${path}.js`)).find((file) => existsSync(file));
}

interface Model {
  readonly package: string;
  readonly path: string;
}

/** `apps/v1` → kubernetes-models/apps/v1; the core group has no name. */
function modelOf({ apiVersion, kind }: Manifest): Model {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const operator = group === 'keda.sh' ? '@kubernetes-models/keda' : group === 'monitoring.coreos.com' ? '@kubernetes-models/prometheus-operator' : undefined;
  return { package: operator ?? 'kubernetes-models', path: [group, version, kind].filter((part) => part !== '').join('/') };
}

type Validated = new (data: object) => { readonly validate: () => void };

/** Faults as sentences; none is good. */
export async function modelFaults(manifests: readonly Manifest[]): Promise<string[]> {
  const faults: string[] = [];
  for (const manifest of manifests) {
    const model = modelOf(manifest);
    const file = fileOf(model);
    const exported = (file === undefined ? {} : await import(file)) as Readonly<Record<string, Validated>>;
    const Class = exported[manifest.kind];
    if (Class === undefined) {
      faults.push(`${manifest.kind} ${manifest.apiVersion}: no such kind`);
      continue;
    }
    try {
      new Class(manifest).validate();
    } catch (fault) {
      faults.push(`${manifest.kind} ${manifest.metadata.name}: ${(fault as Error).message}`);
    }
  }
  return faults;
}

/** One program for all manifests: reading the types is what takes the time. */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const file = join(repository, 'tools', 'charts', 'manifests.ts'); // never written: from here the packages are found
  const source = manifests
    .map((manifest, index) => {
      const model = modelOf(manifest);
      return `import type { I${manifest.kind} as T${String(index)} } from '${model.package}/${model.path}';\nexport const m${String(index)}: T${String(index)} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.Node20, moduleResolution: ts.ModuleResolutionKind.Node16, target: ts.ScriptTarget.ES2024, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2024) : getSourceFile(name, ...rest));
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source : readFile(name));
  const program = ts.createProgram([file], options, host);
  const own = program.getSourceFile(file);
  const found = own === undefined ? [] : [...program.getSyntacticDiagnostics(own), ...program.getSemanticDiagnostics(own)];
  return found.map((each) => {
    const line = own === undefined || each.start === undefined ? 0 : own.getLineAndCharacterOfPosition(each.start).line;
    const manifest = manifests[Math.floor(line / 2)];
    return `${manifest?.kind ?? ''} ${manifest?.metadata.name ?? ''}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ')}`;
  });
}
