import { announceAgainSubject } from './doors/announce-again';
import { digestSubject } from './doors/digest';
import { evidenceSubject, newestSubject } from './doors/evidence';
import { flowsSubject } from './doors/flows';
import { forgetSubject } from './doors/forget';
import { contracts } from './generated/catalogue';
import { durables, streams } from './generated/topology';
import { heldSubject } from './doors/held';
import { lettersSubject } from './doors/letters';
import { readSourceSubject } from './doors/read-source';
import { backlogSubject, heartbeatSubject } from './release/doors';
import { rebuildSubject } from './doors/rebuild';
import { reconciliationSubject } from './doors/reconciliation';
import { snapshotSubject } from './doors/snapshot';
import { subjectPrefixOf } from './subject';
import { traceSubject } from './doors/trace';
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
const RECONCILIATION = 'reconciliation';

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
const stateContracts = contracts.filter((contract) => contract.kind === 'state');

/** Who announces states that a system of record or a decision of its own stands behind. */
const owners = unique(stateContracts.filter(({ told }) => !told).flatMap(({ systems }) => systems));
/** Who announces states, and who keeps what was announced. */
const holders = unique(stateContracts.flatMap(({ systems, consumers }) => [...systems, ...consumers.flatMap(({ service, purpose }) => (purpose === 'projection' ? [service] : []))]));
/** Who keeps states of others and serves them; operations itself is asked through its own API. */
const rebuilders = unique(stateContracts.flatMap(({ consumers }) => consumers.flatMap(({ service, purpose }) => (purpose === 'projection' && service !== OPERATIONS ? [service] : []))));
const announcers = unique(stateContracts.flatMap(({ systems }) => systems));
/** Whose letters are told. */
const letterHolders = unique(stateContracts.filter(({ entity }) => entity === 'dead-letter').flatMap(({ systems }) => systems));

/** Who sends commands or events that speak of persons, and has the broker forget them: states are overwritten instead. */
export const forgetting: readonly string[] = unique(contracts.filter(({ kind, piiPaths }) => kind !== 'state' && piiPaths.length > 0).flatMap(({ systems }) => systems)).toSorted();

/** Who owns or consumes something, and operations. */
export const everyService: readonly string[] = unique([...streams.map(({ system }) => system), ...durables.map(({ service }) => service), OPERATIONS]).toSorted();

/** Whom operations asks, and who tells it what runs. */
const others = everyService.filter((service) => service !== OPERATIONS);

/** Who carries out commands about money that operations sends: the desk compares what a person typed with what they hold, before it sends. */
const carryOutForDesk = unique(contracts.filter(({ kind, fourEyes, systems }) => kind === 'command' && fourEyes && systems.includes(OPERATIONS)).flatMap(({ consumers }) => consumers.map(({ service }) => service)));

/** Who takes what this service says into a projection: it is bootstrapped and rebuilt from the owner's snapshot (B12). */
const projectorsOf = (system: string): readonly string[] =>
  unique(stateContracts.flatMap(({ consumers }) => consumers.flatMap(({ service, purpose, from }) => (purpose === 'projection' && from.includes(system) ? [service] : []))));

/** Questions between services. What a person wants done reaches a service through operations alone, which knows who it is (I6). */
interface Door {
  readonly subjectOf: (service: string) => string;
  readonly answerers: readonly string[];
  readonly callersOf: (answerer: string) => readonly string[];
}

const doors: readonly Door[] = [
  { subjectOf: () => BROKER_STATE, answerers: [OPERATIONS], callersOf: () => others },
  { subjectOf: snapshotSubject, answerers: announcers, callersOf: projectorsOf },
  // X6
  { subjectOf: heldSubject, answerers: owners, callersOf: () => [OPERATIONS] },
  // Both ends of each arrow are compared from one place (X1).
  { subjectOf: digestSubject, answerers: holders, callersOf: () => [OPERATIONS, RECONCILIATION] },
  // What an end knows of a key on which it differs from another, and what lies in the stream between them (X4).
  { subjectOf: evidenceSubject, answerers: holders, callersOf: (answerer) => (carryOutForDesk.includes(answerer) ? [OPERATIONS, RECONCILIATION] : [RECONCILIATION]) },
  { subjectOf: () => newestSubject, answerers: [OPERATIONS], callersOf: () => [RECONCILIATION] },
  { subjectOf: rebuildSubject, answerers: rebuilders, callersOf: () => [OPERATIONS] },
  { subjectOf: lettersSubject, answerers: letterHolders, callersOf: () => [OPERATIONS] },
  { subjectOf: flowsSubject, answerers: letterHolders, callersOf: () => [OPERATIONS] },
  { subjectOf: traceSubject, answerers: letterHolders, callersOf: () => [OPERATIONS] },
  { subjectOf: announceAgainSubject, answerers: announcers, callersOf: () => [OPERATIONS, RECONCILIATION] },
  { subjectOf: readSourceSubject, answerers: owners, callersOf: () => [OPERATIONS, RECONCILIATION] },
  ...forgetting.map((sender): Door => ({ subjectOf: () => forgetSubject(sender), answerers: [OPERATIONS], callersOf: () => [sender] })),
  // A process says what it is at a door of its own service: none can announce another's versions.
  ...others.map((service): Door => ({ subjectOf: () => heartbeatSubject(service), answerers: [OPERATIONS], callersOf: () => [service] })),
  { subjectOf: backlogSubject, answerers: others, callersOf: () => [OPERATIONS] },
  { subjectOf: () => reconciliationSubject, answerers: [RECONCILIATION], callersOf: () => [OPERATIONS] },
];

/** Every service that owns or consumes something, and operations. Derived from the contracts: nobody grants a right by hand. */
export const brokerAccess: readonly BrokerAccess[] = everyService.map((service) => ({
  service,
  account: service.toUpperCase().replaceAll('-', '_'),
  inboxPrefix: inboxPrefixOf(service),
  publishes: contracts
    .filter((contract) => contract.systems.includes(service))
    .map((contract) => `${subjectPrefixOf(contract, service)}.*`),
  consumes: durables.filter((durable) => durable.service === service),
  requests: doors.flatMap(({ subjectOf, answerers, callersOf }) => answerers.filter((answerer) => callersOf(answerer).includes(service)).map(subjectOf)),
  answers: doors.flatMap(({ subjectOf, answerers }) => (answerers.includes(service) ? [subjectOf(service)] : [])),
}));

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
