/** The release gate: what may be rolled out, and what becomes of versions of contracts. */
import { readFileSync } from 'node:fs';
import { actOf, type Command, text } from '../command';
import { exitCodes, Failure } from '../failure';
import type { Json } from '../operations.client';

export const releases: readonly Command[] = [
  {
    noun: 'contracts', verb: 'can-release', summary: 'whether a build can be rolled out now, what would break, what evidence is missing, and in which order to roll out; exit code 0 yes, 1 no, 7 can not say',
    options: [['--service <service>', 'the service'], ['--version <version>', 'the version of its build'], ['--with <service@version...>', 'builds of other services that are rolled out with it']],
    run: async ({ operations, values }) => {
      const [service, version] = [text(values, 'service'), text(values, 'version')];
      if (service === undefined || version === undefined) throw new Failure(exitCodes.usage, 'what to release is missing; accepted: --service <service> --version <version>');
      const more = Array.isArray(values['with']) ? (values['with'] as string[]) : [];
      return verdict(await operations.get('/can-release', { changes: [`${service}@${version}`, ...more].join(',') }));
    },
  },
  { noun: 'contracts', verb: 'can-retire', summary: 'whether nobody produces a version any more and no message of it is waiting; exit code 0 yes, 1 no, 7 can not say', args: '<entity@major>', run: async ({ operations, args }) => verdict(await operations.get('/can-retire', { contract: args[0] })) },
  {
    noun: 'contracts', verb: 'deprecate', summary: 'mark a version as deprecated', args: '<entity@major>', acts: true, options: [['--until <instant>', 'when it is to be retired; ISO 8601']],
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post(`/contract-versions/${encodeURIComponent(args[0] ?? '')}/deprecate`, { ...actOf(values), until: text(values, 'until') ?? null }) }),
  },
  {
    noun: 'contracts', verb: 'retire', summary: 'mark a version as retired; refused (exit code 4) while can-retire does not say yes', args: '<entity@major>', acts: true,
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post(`/contract-versions/${encodeURIComponent(args[0] ?? '')}/retire`, actOf(values)) }),
  },
  {
    noun: 'contracts', verb: 'register', summary: 'register a build by its own description (printed with STEWARD_DESCRIBE_ONLY=true), so that can-release knows it', args: '<file>', acts: true,
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post('/releases', { ...actOf(values), release: readDescription(args[0] ?? '') }) }),
  },
  { noun: 'contracts', verb: 'releases', summary: 'which builds are running, which services are silent, what was registered', run: async ({ operations }) => ({ kind: 'one', answer: await operations.get('/releases') }) },
];

function verdict(answer: Json): Awaited<ReturnType<Command['run']>> {
  const exitCode = answer['answer'] === 'yes' ? exitCodes.ok : answer['answer'] === 'cannot-say' ? exitCodes.cannotSay : exitCodes.failed;
  return { kind: 'one', answer, exitCode };
}

function readDescription(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Failure(exitCodes.usage, `${file} can not be read: ${(error as Error).message}; accepted: a file that holds what STEWARD_DESCRIBE_ONLY=true printed`);
  }
}
