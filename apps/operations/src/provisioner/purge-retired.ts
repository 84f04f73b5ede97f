/**
 * Takes what was said in a retired version of a contract out of the streams (ADR 0026).
 * 1. Retiring is the act: its owner's, with a reason, in the audit, refused while anything of the version is said, kept or waits. This carries it out.
 * 2. Only what every durable has acknowledged goes. What somebody sends of the version all the same stays until it was read.
 * 3. A version goes only where a newer one is said and lies in the stream: a state stream without a message is a lost one (B10).
 * 4. Done again with every look, so a purge that was cut off is continued, and what an old build says later goes too.
 * Not needed for readers, which know each key by its newer message. A person who is erased would stay, since their deletion is said in the
 * newer version, under another subject.
 */
import { type Contract, type ContractVersion, type DurableDeclaration, type StreamDeclaration, streamOf, subjectPrefixOf, versionName } from '@steward/contracts';
import type { Administration } from '@steward/event-bus';
import type { Logger } from '@steward/platform';

export interface Purging {
  readonly administration: Pick<Administration, 'forgetSubject' | 'newestUnder'>;
  readonly streams: readonly StreamDeclaration[];
  readonly durables: readonly DurableDeclaration[];
  /** The newest version of each contract. */
  readonly said: readonly Contract[];
  readonly logger: Logger;
}

export async function purgeRetired(purging: Purging, retired: readonly ContractVersion[]): Promise<void> {
  for (const version of retired) {
    const contract = purging.said.find(({ entity, major }) => entity === version.entity && major > version.major);
    if (contract !== undefined) for (const system of contract.systems) await purgeOf(purging, contract, version, system);
  }
}

async function purgeOf({ administration, streams, durables, logger }: Purging, contract: Contract, version: ContractVersion, system: string): Promise<void> {
  const { name } = streamOf(contract, system);
  const stream = streams.find((each) => each.name === name);
  const under = (major: number): string => `${subjectPrefixOf({ ...contract, major }, system)}.*`;
  if (stream === undefined || (await administration.newestUnder(name, under(version.major))) === undefined) return;
  if ((await administration.newestUnder(name, under(contract.major))) === undefined) return;
  // All of the stream's: which of them has this version among its subjects is another build's to say.
  const gone = await administration.forgetSubject(stream, under(version.major), durables.filter((durable) => durable.stream === name));
  if (gone) logger.info({ contract: versionName(version), stream: name }, 'what was said in a retired version is out of the stream');
}
