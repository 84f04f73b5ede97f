import { announceAgainSubject } from './doors/announce-again';
import { digestSubject } from './doors/digest';
import { readSourceSubject } from './doors/read-source';
import { flowsSubject } from './flows';
import { contracts } from './generated/catalogue';
import { durables, streams } from './generated/topology';
import { snapshotSubject } from './snapshot';
import { subjectPrefixOf } from './subject';
import type { DurableDeclaration } from './topology';

/** Prefix under which a service finds the JetStream API of the streams' account (stack trap: isolation by accounts). */
export const JETSTREAM_PREFIX = 'SJS.API';

/** The account that holds all streams, and its only user. */
export const STREAMS_ACCOUNT = 'STREAMS';
export const PROVISIONER = 'provisioner';

/** What one service may do at the broker. Everything that is not here is refused. */
export interface BrokerAccess {
  /** Also the name of its broker user. */
  readonly service: string;
  readonly account: string;
  readonly inboxPrefix: string;
  /** Subjects of its own facts and of the commands it sends; '*' stands for the key. */
  readonly publishes: readonly string[];
  readonly consumes: readonly DurableDeclaration[];
  /** Request/reply subjects it may call, and those it answers. */
  readonly requests: readonly string[];
  readonly answers: readonly string[];
}

/** The answer to "is the stream still what I published into, and is my durable there?" (B10); every service asks. */
export const BROKER_STATE = 'rpc.operations.broker-state';
const OPERATIONS = 'operations';
/** Who compares what the ends of an arrow hold: on the desk's behalf, or by the clock. */
const COMPARERS: readonly string[] = [OPERATIONS, 'reconciliation'];

/** Changes held by the guard (X6): listed and decided by whoever the desk of operations has made out, and by nobody else. */
const heldOf = (system: string): string => `rpc.${system}.held`;

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];

/** Every service that owns or consumes something, and operations. Derived from the contracts: nobody grants a right by hand. */
export const brokerAccess: readonly BrokerAccess[] = unique([
  ...streams.map((stream) => stream.system),
  ...durables.map((durable) => durable.service),
  OPERATIONS,
])
  .toSorted()
  .map((service) => ({
    service,
    account: service.toUpperCase().replaceAll('-', '_'),
    inboxPrefix: inboxPrefixOf(service),
    publishes: contracts
      .filter((contract) => contract.systems.includes(service))
      .map((contract) => `${subjectPrefixOf(contract, service)}.*`),
    consumes: durables.filter((durable) => durable.service === service),
    // A projection is bootstrapped and rebuilt from the owner's snapshot (B12).
    requests: unique([
      ...(service === OPERATIONS ? stateContracts().flatMap(({ systems }) => systems.map(heldOf)) : [BROKER_STATE]),
      // Both ends of each arrow are compared from one place, and put right through the owner (X1, X3).
      ...(COMPARERS.includes(service) ? [...holders().map(digestSubject), ...announcers().flatMap((system) => [announceAgainSubject(system), readSourceSubject(system)])] : []),
      ...(service === OPERATIONS ? flowing().map(flowsSubject) : []),
      ...stateContracts().flatMap(({ systems, consumers }) =>
        consumers.some((consumer) => consumer.service === service && consumer.purpose === 'projection') ? systems.map(snapshotSubject) : [],
      ),
    ]),
    answers: unique([
      ...(service === OPERATIONS ? [BROKER_STATE] : []),
      ...stateContracts().flatMap(({ systems }) => (systems.includes(service) ? [snapshotSubject(service), heldOf(service)] : [])),
      ...(holders().includes(service) ? [digestSubject(service)] : []),
      ...(announcers().includes(service) ? [announceAgainSubject(service), readSourceSubject(service)] : []),
      ...(flowing().includes(service) ? [flowsSubject(service)] : []),
    ]),
  }));

function stateContracts(): typeof contracts {
  return contracts.filter((contract) => contract.kind === 'state');
}

function announcers(): readonly string[] {
  return unique(stateContracts().flatMap(({ systems }) => systems));
}

/** Who announces states, and who keeps what was announced. */
function holders(): readonly string[] {
  return unique(stateContracts().flatMap(({ systems, consumers }) => [...systems, ...consumers.flatMap(({ service, purpose }) => (purpose === 'projection' ? [service] : []))]));
}

/** Who reads or writes a system of record, or consumes. */
function flowing(): readonly string[] {
  return unique([...streams.map(({ system }) => system), ...durables.map(({ service }) => service)]).filter((service) => service !== OPERATIONS);
}

export function inboxPrefixOf(user: string): string {
  return `_INBOX_${user}`;
}

/** The subjects of the JetStream API that one durable needs, without their prefix. */
export function durableApi(durable: Pick<DurableDeclaration, 'name' | 'stream'>): { readonly next: string; readonly info: string; readonly ack: string } {
  return {
    next: `CONSUMER.MSG.NEXT.${durable.stream}.${durable.name}`,
    info: `CONSUMER.INFO.${durable.stream}.${durable.name}`,
    ack: `$JS.ACK.${durable.stream}.${durable.name}.>`,
  };
}
