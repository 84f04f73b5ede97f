// Why accounts and not a permission list alone: the server does not check reply subjects. A consumer that sends CONSUMER.INFO
// with `reply: evt.pim.…` gets the answer stored in the pim's stream (tried). Between accounts only declared subjects pass.
//
// 1 Streams live in an account of their own; no service is in it, so none can create, delete, purge or read one.
// 2 A service's account imports exactly its own subjects; a reply crosses only as the answer to its request.
// 3 The permission list inside an account repeats that, so that a refusal is said and not swallowed.
// 4 Everybody has an inbox prefix of its own and may subscribe to no other.
import { brokerAccess, type BrokerAccess, durableApi, inboxPrefixOf, JETSTREAM_PREFIX, PROVISIONER, STREAMS_ACCOUNT } from './broker-access';

/** Itself, or the variable of nats.conf that holds it: a file that is deployed has no secret in it. */
export type BrokerPassword = string | { readonly variable: string };

export interface BrokerAccountOptions {
  readonly passwordOf: (user: string) => BrokerPassword;
  /** Without it the system account has no user. */
  readonly systemPassword?: BrokerPassword;
}

/**
 * How long a client may take to say who it is. A server gives it 2 s by itself, and on a busy machine a client takes longer: it is turned away, comes
 * back to a server that is busier still, and a whole fleet that starts at once does so together. Clients give up a try after 5 s themselves, so
 * what is above that never turns away one that still waits; whoever says nothing at all holds a connection for so long and no longer.
 */
export const AUTHENTICATED_WITHIN_SECONDS = 10;

/** Part of nats.conf: `authorization { … }`, `accounts { … }` and the system account. Needs `jetstream { … }` and a listener beside it. */
export function renderBrokerAccounts(options: BrokerAccountOptions): string {
  const accounts = [streamsAccount(options), ...brokerAccess.map((access) => serviceAccount(access, options)), systemAccount(options)];
  return `authorization { timeout: ${String(AUTHENTICATED_WITHIN_SECONDS)} }\naccounts {\n${accounts.join('\n')}\n}\nsystem_account: SYS\n`;
}

function streamsAccount({ passwordOf }: BrokerAccountOptions): string {
  const exports = brokerAccess.flatMap((access) => {
    const to = `accounts: [${access.account}]`;
    return [
      ...access.publishes.map((subject) => `{ service: ${quote(subject)}, ${to} }`),
      ...access.consumes.flatMap((durable) => {
        const api = durableApi(durable);
        return [
          // One request is answered by many messages.
          `{ service: ${quote(`$JS.API.${api.next}`)}, response_type: stream, ${to} }`,
          `{ service: ${quote(`$JS.API.${api.info}`)}, ${to} }`,
          `{ service: ${quote(api.ack)}, ${to} }`,
        ];
      }),
    ];
  });
  const permissions = permissionList(['$JS.API.>'], [`${inboxPrefixOf(PROVISIONER)}.>`, '$JS.EVENT.ADVISORY.>'], false);
  return block(STREAMS_ACCOUNT, ['jetstream: enabled', userLine(PROVISIONER, passwordOf(PROVISIONER), permissions), listLine('exports', exports)]);
}

function serviceAccount(access: BrokerAccess, { passwordOf }: BrokerAccountOptions): string {
  const streams = access.consumes.map(durableApi);
  const imports = [
    ...access.publishes.map((subject) => `{ service: { account: ${STREAMS_ACCOUNT}, subject: ${quote(subject)} } }`),
    ...streams.flatMap(({ next, info, ack }) => [
      `{ service: { account: ${STREAMS_ACCOUNT}, subject: ${quote(`$JS.API.${next}`)} }, to: ${quote(`${JETSTREAM_PREFIX}.${next}`)} }`,
      `{ service: { account: ${STREAMS_ACCOUNT}, subject: ${quote(`$JS.API.${info}`)} }, to: ${quote(`${JETSTREAM_PREFIX}.${info}`)} }`,
      `{ service: { account: ${STREAMS_ACCOUNT}, subject: ${quote(ack)} } }`,
    ]),
    ...access.requests.flatMap((subject) =>
      // A service that keeps what it says itself asks inside its own account.
      brokerAccess.filter((other) => other !== access && other.answers.includes(subject)).map((other) => `{ service: { account: ${other.account}, subject: ${quote(subject)} } }`),
    ),
  ];
  const exports = access.answers.flatMap((subject) => {
    const callers = brokerAccess.filter((other) => other !== access && other.requests.includes(subject)).map((other) => other.account);
    // Without a list it would be exported to everybody.
    return callers.length === 0 ? [] : [`{ service: ${quote(subject)}, accounts: [${callers.join(', ')}] }`];
  });
  const publish = [
    ...access.publishes,
    ...streams.flatMap(({ next, info, ack }) => [`${JETSTREAM_PREFIX}.${next}`, `${JETSTREAM_PREFIX}.${info}`, ack]),
    ...access.requests,
  ];
  const permissions = permissionList(publish, [`${access.inboxPrefix}.>`, ...access.answers], access.answers.length > 0);
  return block(access.account, [
    userLine(access.service, passwordOf(access.service), permissions),
    ...(imports.length > 0 ? [listLine('imports', imports)] : []),
    ...(exports.length > 0 ? [listLine('exports', exports)] : []),
  ]);
}

function systemAccount({ systemPassword }: BrokerAccountOptions): string {
  return block('SYS', systemPassword === undefined ? [] : [`users: [{ user: "system", password: ${passwordText(systemPassword)} }]`]);
}

/** `allow_responses` lets whoever answers publish to the reply subject of a request that it got, and to nothing else. */
function permissionList(publish: readonly string[], subscribe: readonly string[], answers: boolean): string {
  const list = (subjects: readonly string[]): string => `[${subjects.map(quote).join(', ')}]`;
  // An empty allow list would mean "everything".
  const publishing = publish.length > 0 ? `{ allow: ${list(publish)} }` : '{ deny: ">" }';
  return `{ publish: ${publishing}, subscribe: { allow: ${list(subscribe)} }${answers ? ', allow_responses: { max: 1, expires: "1m" }' : ''} }`;
}

function userLine(user: string, password: BrokerPassword, permissions: string): string {
  return `users: [{ user: ${quote(user)}, password: ${passwordText(password)}, permissions: ${permissions} }]`;
}

const passwordText = (password: BrokerPassword): string => (typeof password === 'string' ? quote(password) : `$${password.variable}`);

function listLine(name: string, items: readonly string[]): string {
  return `${name}: [\n${items.map((item) => `      ${item}`).join('\n')}\n    ]`;
}

function block(name: string, lines: readonly string[]): string {
  return `  ${name} {\n${lines.map((line) => `    ${line}`).join('\n')}\n  }`;
}

/** nats.conf knows fewer escapes than JSON: what would need one it doesn't have is refused. */
function quote(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text) || /["\\]/.test(text)) {
    throw new RangeError('CONTRACT_BROKER_TEXT_INVALID: a broker password or subject has a character nats.conf can not hold; accepted: printable ASCII without quotes and backslashes');
  }
  return `"${text}"`;
}
