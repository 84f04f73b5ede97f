// Every error code of Steward, once. docs/errors.md is generated from this table and a test compares them both ways.
// A code is never reused and never changes its meaning: alerts, runbooks and customers' code hang on it.

export interface ErrorRow {
  /** What has happened, one sentence. */
  readonly meaning: string;
  /** What the reader can do, one sentence. */
  readonly remedy: string;
  /** Status of the HTTP answer, where the code can reach one. */
  readonly http?: number;
  /** Exit code of a process that ends because of it; 1 when absent. */
  readonly exit?: number;
}

// A function instead of `satisfies`, so that every row has the same type and `row.http` can be read of any of them.
const rows = <Code extends string>(table: Readonly<Record<Code, ErrorRow>>): Readonly<Record<Code, ErrorRow>> => table;

export const errorTable = rows({
  // platform
  ENV_INVALID: { meaning: 'The environment of the process has faults; the message lists all of them.', remedy: 'Set the named variables; .env.example shows each with what is accepted.', exit: 64 },
  ENV_INSECURE: { meaning: 'Production mode was given a secret that is a placeholder, or an address over which secrets would travel in the clear; the message lists all of them.', remedy: 'Set the named variables as the message says. STEWARD_MODE=development accepts them on a machine of your own.', exit: 78 },
  DATABASE_UNAVAILABLE: { meaning: 'PostgreSQL could not be reached, or the connection broke; of a commit under way it is unknown whether it was done.', remedy: 'Nothing while it passes by itself; else check that PostgreSQL runs, DATABASE_URL and the connection limit.', http: 503, exit: 69 },
  DATABASE_REFUSED: { meaning: 'PostgreSQL refused the role, its password or the database name, or its certificate is not trusted.', remedy: 'Check DATABASE_URL against the roles and databases of the server; NODE_EXTRA_CA_CERTS or sslrootcert in the address name an authority beyond those of the machine.', exit: 77 },
  DATABASE_MIGRATION_FAILED: { meaning: 'A migration failed and was rolled back; the process does not start on a half-known schema.', remedy: 'Read the cause in the log, mend the migration or the data it meets, start again.', exit: 70 },
  DATABASE_ROLLED_BACK: { meaning: 'PostgreSQL answered COMMIT with ROLLBACK, because a statement had failed before and its error was swallowed.', remedy: 'Let the failing statement throw, or put it behind a savepoint.' },
  FAULT_INJECTED: { meaning: 'A named fault seam threw on purpose (STEWARD_FAULTS, test mode only).', remedy: 'None: unset STEWARD_FAULTS to be rid of it.' },
  SERVICE_ROUTE_UNKNOWN: { meaning: 'The port of a service has no such address, or not for this method.', remedy: 'Use one of the addresses that the answer names.', http: 404 },
  SERVICE_REQUEST_REFUSED: { meaning: 'A request to the port of a service can not be read.', remedy: 'Send a well-formed HTTP request; the detail says what is wrong with this one.', http: 400 },
  SERVICE_FAILED: { meaning: 'A service failed while it answered a request.', remedy: 'It is a defect: find the trace id of the answer in the log and report it.', http: 500 },
  // contracts: the compiler's faults, and what the keys and subjects refuse
  CONTRACT_UNREADABLE: { meaning: 'A file of contracts/ is missing, or is not YAML or JSON.', remedy: 'Mend the named file.' },
  CONTRACT_INCOMPLETE: { meaning: 'A contract leaves out something mandatory, such as its owner, escalation, runbook or an example.', remedy: 'Add what the message names; contracts/contract.schema.json explains each field.' },
  CONTRACT_INVALID: { meaning: 'A contract.yaml says something that is not accepted.', remedy: 'Correct the place that the pointer names.' },
  CONTRACT_RUNBOOK_MISSING: { meaning: 'A contract names a runbook that does not exist.', remedy: 'Write it under docs/runbooks/, or correct the path.' },
  CONTRACT_SCHEMA_INVALID: { meaning: 'A schema uses a word that contracts do not know, or leaves out a mark that they need.', remedy: 'Correct the place that the pointer names; the message lists what is accepted.' },
  CONTRACT_EXAMPLE_INVALID: { meaning: 'An example is not valid by its own contract.', remedy: 'Correct the example, or the schema if the example is what was meant.' },
  CONTRACT_BREAKING: { meaning: 'A change breaks a published version of the same major; the message names consumers and owner.', remedy: 'Make the change compatible, or declare a new major beside the old one.' },
  CONTRACT_UNPUBLISHED: { meaning: 'A compatible change of a contract is not in contracts/published/ yet.', remedy: 'Run "npm run contracts -- publish" and commit what it writes.' },
  CONTRACT_DOCS_STALE: { meaning: 'docs/contracts.md, a page in docs/contracts/ or docs/asyncapi.yaml does not say what contracts/ says now.', remedy: 'Run "npm run contracts -- docs" and commit what it wrote.' },
  RUNBOOK_INVALID: { meaning: 'The head of a file in docs/runbooks says something that is not accepted.', remedy: 'Correct the place that the pointer names.' },
  CONTRACT_KEY_INVALID: { meaning: 'A key can not be a token of a subject: it is empty, longer than 255 bytes or not Unicode; or a token is no encoded key.', remedy: 'Correct the id in the system of record; it can not be announced as it is.' },
  CONTRACT_SUBJECT_INVALID: { meaning: 'A system announces an entity that is not its own, or no stream holds the subject.', remedy: 'Compare the adapter with "systems" in the contract.yaml.' },
  CONTRACT_BROKER_TEXT_INVALID: { meaning: 'A broker password holds a character that nats.conf can not hold.', remedy: 'Choose one of printable ASCII without quotes and backslashes.' },

  // event-bus, consumer side
  CONSUMER_UNDECLARED: { meaning: 'A service builds from an entity that no contract lists it for, or builds twice from one.', remedy: 'Compare the projections and handlers of the service with "consumers" in the contract.yaml.', exit: 78 },
  CONSUMER_VERSION: { meaning: 'A waiting event is of a version of its contract that this build does not read.', remedy: 'Roll out a build that reads it, then redrive.' },
  CONSUMER_POISON: { meaning: 'A message was tried as often as its budget allows and never came to an end, mostly because it ends the process.', remedy: 'Read the dead letter; mend what handles it, then redrive.' },
  CONSUMER_GAP: { meaning: 'An event waits for the one before it, which did not come in time.', remedy: 'Ask the producer for the missing event; redriving the letter skips it.' },
  CONSUMER_AWAITS: { meaning: 'An event speaks of something that did not come in time.', remedy: 'Check the feed of what it waits for, then redrive.' },

  // flows: what a service reads, writes and consumes, and pausing it
  FLOW_UNKNOWN: { meaning: 'A service has no flow of this name.', remedy: 'Use one of the names that the answer lists.', http: 404 },
  FLOW_RESUMES_IN_THE_PAST: { meaning: 'A pause was to end at a time that is over.', remedy: 'Name a time to come, or none: then somebody has to resume it.', http: 400 },

  // adapter-kit
  SOURCE_UNAVAILABLE: { meaning: 'A system of record could not be reached, answered with a server error, or is spared because its circuit breaker is open.', remedy: 'None: it is asked again by itself; if it lasts, its operator has to look.', http: 503 },
  SOURCE_TIMEOUT: { meaning: 'A system of record gave no whole answer in time.', remedy: 'None: it is asked again by itself; if it lasts, raise its limits in the connector or make its pages smaller.', http: 504 },
  SOURCE_RATE_LIMITED: { meaning: 'A system of record refused the call because of its rate limit, or our own limit leaves no turn before the deadline.', remedy: 'None while it passes; else lower the pace of the feed or ask the vendor for a higher limit.', http: 503 },
  SOURCE_SHED: { meaning: 'A call to a system of record was turned away before it was made, because more important ones wait for the same system or the process itself is late.', remedy: 'None while it passes, it is made again by itself; if it lasts, the system or this process is too slow for what is asked of it.', http: 503 },
  SOURCE_REFUSED: { meaning: 'A system of record refused the call; the status is in the message.', remedy: 'Check the credentials and the address of the connector.', http: 502 },
  SOURCE_ABORTED: { meaning: 'A call to a system of record was given up by its caller, mostly because the service stops.', remedy: 'None.' },
  SOURCE_MALFORMED: { meaning: 'An answer of a system of record is not what its connector knows: no JSON, or not the shape of a page.', remedy: 'Nothing was changed by it; compare the answer with the wire file of the connector.', http: 502 },
  SOURCE_INCONSISTENT: { meaning: 'An answer of a system of record contradicts itself, such as a page that names no continuation for the items it shows.', remedy: 'Nothing was changed by it and the page is read again; if it lasts, the system of record has a fault.', http: 502 },
  DOOR_UNKNOWN_ENTITY: { meaning: 'A service was asked about an entity that it does not announce, or does not read from a system of record.', remedy: 'Ask the system that the contract names; the message lists what is accepted.' },
  DOOR_ACT_DIFFERS: { meaning: 'An act was asked for a second time under its id, and is about something else than the first time.', remedy: 'Give every act an id of its own.' },
  ITEM_INVALID: { meaning: 'An item of a system of record can not be told in the words of its contract.', remedy: 'Mend the item at its source or the translation of the connector; the dead letter closes by itself.' },
  RESERVATION_GUARDED: { meaning: 'The conditional update refused what an allocation had decided: more of the stock was spoken for than it had seen.', remedy: 'None: nothing was held, and the batch is decided on anew; if it lasts, report it as a defect.' },
  WEBHOOK_UNSIGNED: { meaning: 'A webhook came without the headers of its signature.', remedy: 'Configure the vendor to sign its webhooks.', http: 401 },
  WEBHOOK_SIGNATURE: { meaning: 'The signature of a webhook does not belong to its body.', remedy: 'Compare the secret of both sides; anything that changes the body on its way breaks it too.', http: 401 },
  WEBHOOK_REPLAY: { meaning: 'A webhook is older than five minutes, or from the future.', remedy: 'Set the clocks of both sides; a repeated old request is refused on purpose.', http: 401 },
  WEBHOOK_BODY: { meaning: 'The body of a webhook is not what the vendor is known to send.', remedy: 'Compare it with the connector; nothing was changed by it.', http: 400 },
  EFFECT_REQUEST_INVALID: { meaning: 'What is to be written to a system of record does not have the form that its effect expects; nothing was sent.', remedy: 'Mend the code that intended it; the effect is refused for ever, its key included.' },
  EFFECT_ABANDONED: { meaning: 'A write to a system of record was given up by who wanted it, before it was sent or after it was seen to be absent.', remedy: 'None: it did not happen.' },
  EFFECT_OPEN: { meaning: 'A person is to be forgotten of whom a write to a system of record speaks that has no outcome yet; it may have to be sent again.', remedy: 'Nothing while it is tried again; else find out what the system of record has made of the write, then redrive.' },
  EFFECT_CLAIM_LOST: { meaning: 'The outcome of a write came when another process had already begun to find it out; it is dropped.', remedy: 'None: the other process settles it. If it lasts, the database is too slow or the deadline of the effect too short.' },
  HELD_CHANGE_UNKNOWN: { meaning: 'There is no open held change of this id.', remedy: 'List the open ones; it may have been closed meanwhile.', http: 404 },

  // crm
  CRM_CUSTOMER_UNKNOWN: { meaning: 'A change was asked for of a customer whose registration has not arrived and whom the CRM does not know.', remedy: 'It is tried again. When it becomes a dead letter: find out whether the registration is one too, redrive that first.' },
  CRM_ERASURE_NOT_OPEN: { meaning: 'There is no erasure of this customer that could be withdrawn: nobody asked for one, it has happened, or the CRM is being asked right now.', remedy: 'Look at the erase list; what has happened can’t be taken back.' },

  // crm with Odoo
  ODOO_LOGIN_REFUSED: { meaning: 'Odoo did not accept the user or the password.', remedy: 'Check STEWARD_ODOO_DATABASE, STEWARD_ODOO_USER and STEWARD_ODOO_PASSWORD against Odoo.' },
  ODOO_NOT_ALLOWED: { meaning: 'The user of the connector lacks a right at Odoo.', remedy: 'Give the user the rights that docs/how-to/customers.md names; what waits for it goes on by itself.' },
  ODOO_REFUSED: { meaning: 'Odoo answered a call with an error of its own.', remedy: 'Read what it says: mostly a rule or a required field that somebody set up there.' },
  ODOO_MERGE_UNCLEAR: { meaning: 'Odoo has merged customers, and the reference of the partner that is left names none of them.', remedy: 'Write the customer id of the one that stays into the reference of the partner.' },

  // erp with Tryton
  TRYTON_FRACTIONAL_QUANTITY: { meaning: 'Tryton counts this product in fractions, and stock levels are whole pieces.', remedy: 'Give the product a default unit that is sold in whole numbers.' },
  TRYTON_SHIPMENT_MIXED: { meaning: 'A shipment of Tryton holds goods of several sales, or of none with a name.', remedy: 'Have Tryton make one shipment a sale, which is how it comes; the dead letter closes when the shipment is told apart.' },
  TRYTON_LOGIN_REFUSED: { meaning: 'Tryton did not accept the user, the password or the session just opened.', remedy: 'Check STEWARD_TRYTON_USER and STEWARD_TRYTON_PASSWORD against Tryton.' },
  TRYTON_REFUSED: { meaning: 'Tryton answered a call with an error.', remedy: 'Read what it says; mostly the user lacks a right to read.' },

  // oms
  OMS_ORDER_UNKNOWN: { meaning: 'A refund or a return speaks of an order that has not come yet.', remedy: 'None while it passes by itself; else see what became of the order at the gateway.' },
  OMS_REFUND_REFUSED: { meaning: 'A refund is more than was captured and not refunded yet, or in another currency than the order.', remedy: 'Read what is captured in the state of the order, and send a smaller refund under another id.' },
  OMS_RETURN_REFUSED: { meaning: 'A return has more pieces of a line than were shipped and not returned yet.', remedy: 'Compare it with the lines of the order, and send another return under another id.' },
  OMS_KEYS_UNAVAILABLE: { meaning: 'The public keys of price promises could not be read, so no order can be judged.', remedy: 'None while it passes: orders wait. Else check that STEWARD_PROMISE_JWKS_URL answers.' },
  MEDUSA_REFUSED: { meaning: 'Medusa did not accept the key, or has not got the plugin that takes orders; nothing was placed.', remedy: 'Check STEWARD_MEDUSA_URL and STEWARD_MEDUSA_API_KEY, and the plugin as docs/how-to/connect-medusa.md says. Orders wait for it.' },
  STRIPE_REFUSED: { meaning: 'Stripe did not accept the key of the account, or the account may not do this.', remedy: 'Check STEWARD_PSP_SECRET_KEY and what the account is allowed to; nothing was charged.' },

  // sandbox
  SANDBOX_UNKNOWN_SYSTEM: { meaning: 'The sandbox has no system of record of this name.', remedy: 'Use one of the systems that the answer lists.', http: 404 },
  SANDBOX_UNKNOWN_COLLECTION: { meaning: 'The system of record in the sandbox has no collection of this name.', remedy: 'Use one of the collections that the answer lists.', http: 404 },
  SANDBOX_NOT_FOUND: { meaning: 'The sandbox has no record of this id.', remedy: 'List the collection to see what there is.', http: 404 },
  SANDBOX_ROUTE_UNKNOWN: { meaning: 'The sandbox has no such route.', remedy: 'See apps/sandbox/README.md for every route.', http: 404 },
  SANDBOX_METHOD_REFUSED: { meaning: 'This address of the sandbox does not take this method.', remedy: 'Use one of the methods that the answer lists.', http: 405 },
  SANDBOX_PARAMETER_INVALID: { meaning: 'A parameter of the request to the sandbox is not accepted.', remedy: 'Correct the named parameter to what the answer says is accepted.', http: 400 },
  SANDBOX_BODY_INVALID: { meaning: 'The body of the request to the sandbox is not accepted.', remedy: 'Correct the place that the pointer names.', http: 400 },
  SANDBOX_RECORD_INVALID: { meaning: 'The record does not fit the schema of its collection.', remedy: 'Correct the named places, or plant it on purpose with ?unchecked=true.', http: 422 },
  SANDBOX_JOURNAL_CORRUPT: { meaning: 'The journal in the data folder of the sandbox holds a line that is not one.', remedy: 'Delete the folder of the sandbox to start empty.', exit: 65 },
  SANDBOX_BROKEN: { meaning: 'The sandbox failed while it answered.', remedy: 'Read its log; it is a defect of the sandbox.', http: 500 },
  // gateway: the storefront's doors
  GATEWAY_PRODUCT_UNKNOWN: { meaning: 'No product has this id and no variant this SKU, or it is not shown.', remedy: 'Check the SKU; a draft appears when it is activated.', http: 404 },
  GATEWAY_CATEGORY_UNKNOWN: { meaning: 'No category has this id.', remedy: 'Check the id against the tree of categories; names and slugs are not ids.', http: 404 },
  GATEWAY_FEED_STALE: { meaning: 'The product feed is not given out while stock or prices as a whole are older than their budget.', remedy: 'Keep the last feed and ask again; see why the feed of the adapter does not progress.', http: 503 },
  GATEWAY_RATE_LIMITED: { meaning: 'The client has asked for more in this minute than it may.', remedy: 'Wait as long as Retry-After says; ask for less at once, or raise STEWARD_GATEWAY_RATE_LIMIT.', http: 429 },
  GATEWAY_ROUTE_UNKNOWN: { meaning: 'There is no such address, or not for this method.', remedy: 'Use one of the addresses that the answer names.', http: 404 },
  GATEWAY_ARGUMENT_REFUSED: { meaning: 'An argument of the request is unknown, repeated or out of range.', remedy: 'Correct the named argument; the answer says what is accepted.', http: 400 },
  GATEWAY_CURSOR_REFUSED: { meaning: 'The cursor is not one of this list.', remedy: 'Pass a cursor from an earlier page unchanged, or none to begin anew.', http: 400 },
  GATEWAY_CONTEXT_REFUSED: { meaning: 'A part of the context (market, language, currency, channel, customer group) is malformed.', remedy: 'Correct the named header or argument of @inContext.', http: 400 },
  GATEWAY_CONTEXT_CONFLICT: { meaning: 'A header and @inContext name different contexts.', remedy: 'Give the context once, or the same in both.', http: 400 },
  GATEWAY_BODY_REFUSED: { meaning: 'The body of the request is not what this address takes.', remedy: 'Send what the answer says is accepted.', http: 400 },
  GATEWAY_BODY_TOO_LARGE: { meaning: 'The body of the request is larger than allowed.', remedy: 'Send a smaller one; a large GraphQL document is better stored and asked for by id.', http: 413 },
  GATEWAY_INPUT_REFUSED: { meaning: 'A field of the request is missing, unknown, given twice or not accepted.', remedy: 'Correct each named place; the answer says what is accepted there.', http: 422 },
  GATEWAY_MEDIA_TYPE_REFUSED: { meaning: 'The body of the request has a media type that is not taken here.', remedy: 'Send application/json.', http: 415 },
  IDENTITY_REQUIRED: { meaning: 'This is for a customer who has signed in.', remedy: 'Send a token of the issuer as a bearer token.', http: 401 },
  IDENTITY_TOKEN_EXPIRED: { meaning: 'The token of the request has expired.', remedy: 'Get a new one from the issuer.', http: 401 },
  IDENTITY_TOKEN_REFUSED: { meaning: 'The token of the request is not one of the issuer for this shop.', remedy: 'Compare issuer, audience, algorithm and claims with STEWARD_AUTH_…; the detail says which.', http: 401 },
  IDENTITY_UNAVAILABLE: { meaning: 'The keys of the issuer could not be read yet, so no token can be checked.', remedy: 'Try again; see that STEWARD_AUTH_JWKS_URL answers. Guests are served meanwhile.', http: 503 },
  CHECKOUT_CLOSED: { meaning: 'Nothing can be ordered here: the gateway has no keys for price promises, or the market no tax rate.', remedy: 'Set STEWARD_PROMISE_KEYS, and the tax rate of the market in STEWARD_GATEWAY_MARKETS.', http: 503 },
  CHECKOUT_RATE_LIMITED: { meaning: 'This customer, or this address, has ordered or reserved more often in this minute than it may.', remedy: 'Wait as long as Retry-After says, or raise STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT.', http: 429 },
  PROMISE_INVALID: { meaning: 'A price promise was not made by this shop, or for another line, market, currency or customer.', remedy: 'Ask for a preview in the same context and order with its promises unchanged.', http: 422 },
  PRICE_CHANGED: { meaning: 'A price promise has expired, or was made for another quantity or cart.', remedy: 'Show the shopper the preview in the answer; when they agree, order with its promises.', http: 409 },
  IDEMPOTENCY_KEY_REFUSED: { meaning: 'The header Idempotency-Key is missing or malformed.', remedy: 'Send a new random key, such as a UUID, with each new order, and the same one with each repetition.', http: 400 },
  IDEMPOTENCY_MISMATCH: { meaning: 'The Idempotency-Key was used before with another request.', remedy: 'Repeat a request unchanged, or send a new one with a new key.', http: 422 },
  IDEMPOTENCY_IN_PROGRESS: { meaning: 'The same request is being answered at this moment.', remedy: 'Wait as long as Retry-After says and repeat it with the same key.', http: 409 },
  CUSTOMER_UNKNOWN: { meaning: 'Nothing is known of the customer who has signed in.', remedy: 'Register them; if that was just done, the CRM has not answered yet.', http: 404 },
  CUSTOMER_ERASED: { meaning: 'The token is of a customer who was erased.', remedy: 'End the session at the issuer; who wants to be a customer again registers anew.', http: 403 },
  ORDER_UNKNOWN: { meaning: 'There is no such order, or it belongs to somebody else.', remedy: 'Ask as the customer who placed it, or with its Steward-Order-Token.', http: 404 },
  ORDER_REJECTED: { meaning: 'The order was accepted and then rejected; nothing is charged and no stock is held.', remedy: 'Read rejection.code in the answer, and order anew with a new Idempotency-Key.', http: 409 },
  ORDER_NOT_CANCELLABLE: { meaning: 'The order is already rejected or complete, so there is nothing to cancel.', remedy: 'Show the order as it is; what has shipped can be sent back.', http: 409 },
  RETURN_REFUSED: { meaning: 'More is to be returned than has shipped and not come back yet, or of a line that the order does not have.', remedy: 'Correct each named place; the answer says how many pieces are accepted.', http: 422 },
  OUT_OF_STOCK: { meaning: 'There is less in stock than a cart is to hold, so nothing of it is held.', remedy: 'Show how much there is of each named line, and reserve that with a new Idempotency-Key.', http: 409 },
  RESERVATION_UNKNOWN: { meaning: 'There is no such reservation, or it belongs to somebody else.', remedy: 'Ask as the customer who made it, or with its Steward-Reservation-Token.', http: 404 },
  RESERVATION_ORDERED: { meaning: 'An order has taken the reservation over.', remedy: 'See what became of that order; it can be cancelled. A second order is placed without the reservation.', http: 409 },
  ORDER_STREAMS_FULL: { meaning: 'This process has as many open streams of orders as it takes.', remedy: 'Try again, or ask for the order from time to time; run more replicas if it lasts.', http: 503 },
  GATEWAY_OVERLOADED: { meaning: 'The gateway is late and turns away what matters less, so that what matters more is still answered.', remedy: 'Come back after Retry-After; if it lasts, add replicas.', http: 503 },
  GATEWAY_FAILED: { meaning: 'The gateway failed for a reason that has no code of its own.', remedy: 'It is a defect: find the trace id of the answer in the log and report it.', http: 500 },
  GRAPHQL_DOCUMENT_INVALID: { meaning: 'The GraphQL document or its variables do not fit the schema.', remedy: 'Correct the named place; the schema is shown at /graphiql in development.', http: 400 },
  GRAPHQL_DOCUMENT_UNKNOWN: { meaning: 'No trusted document has this id.', remedy: 'Deploy the document with STEWARD_GATEWAY_DOCUMENTS before the client that asks for it.', http: 400 },
  GRAPHQL_FREE_DOCUMENT_REFUSED: { meaning: 'Free GraphQL documents are switched off here.', remedy: 'Ask for a trusted document by its id, or switch them on with STEWARD_GATEWAY_FREE_DOCUMENTS.', http: 400 },
  GRAPHQL_INTROSPECTION_REFUSED: { meaning: 'Introspection is switched off here.', remedy: 'Introspect a gateway in development mode.', http: 400 },
  GRAPHQL_BATCH_REFUSED: { meaning: 'Several GraphQL requests came in one body.', remedy: 'Send one request; ask for several things in one document.', http: 400 },
  GRAPHQL_METHOD_REFUSED: { meaning: 'A mutation or a subscription came by GET.', remedy: 'Send it by POST.', http: 405 },
  GRAPHQL_STREAM_NEEDED: { meaning: 'A subscription is answered as server-sent events, which the request does not accept.', remedy: 'Send it with Accept: text/event-stream.', http: 406 },
  GRAPHQL_TOO_DEEP: { meaning: 'The GraphQL document is nested deeper than allowed.', remedy: 'Ask for less depth.', http: 400 },
  GRAPHQL_TOO_MANY_ALIASES: { meaning: 'The GraphQL document has more aliases than allowed.', remedy: 'Ask for a list instead of many aliased single things.', http: 400 },
  GRAPHQL_TOO_MANY_TOKENS: { meaning: 'The GraphQL document is longer than allowed.', remedy: 'Split it.', http: 400 },
  GRAPHQL_TOO_COSTLY: { meaning: 'The GraphQL document asks for more than allowed at once.', remedy: 'Ask for smaller pages or fewer fields.', http: 400 },

  // broker and outbox
  BROKER_UNREACHABLE: { meaning: 'No connection to the broker.', remedy: 'Nothing while it passes by itself; else check that nats-server runs and NATS_URL.', exit: 69 },
  BROKER_CLOSED: { meaning: 'The client closed the connection to the broker for good; the process ends so that a working one is started.', remedy: 'Read the cause beside it; the supervisor starts the process again.', exit: 69 },
  BROKER_REFUSED: { meaning: 'The broker refused the user or its password.', remedy: 'Check NATS_URL against the accounts that the contracts generate for the broker.', exit: 77 },
  BROKER_FORBIDDEN: { meaning: 'The service asked the broker for something that the contracts give it no right to.', remedy: 'Declare it in the contract and deploy the generated accounts, or mend the code that asked.' },
  BROKER_STREAM_MISSING: { meaning: 'No stream or service takes this subject: it is missing, JetStream is still starting, or the account lacks the import.', remedy: 'See that operations (the provisioner) runs and what its log says about the stream.' },
  BROKER_DURABLE_MISSING: { meaning: 'The durable consumer does not exist.', remedy: 'See that operations (the provisioner) runs; it makes declared durables by itself.' },
  BROKER_QUESTION_REFUSED: { meaning: 'A service was asked something and would not answer; the message says why.', remedy: 'Mend the question, or ask again when the service has started.', http: 400 },
  BROKER_NO_ANSWERER: { meaning: 'Nobody answers this question: the service that does is not running or still starting.', remedy: 'Start the service that the subject names; the question is asked again.', http: 503 },
  BROKER_TIMEOUT: { meaning: 'The broker did not answer in time; whether it did what was asked is unknown.', remedy: 'Nothing: it is asked again under the same id.', http: 504 },
  BROKER_ERROR: { meaning: 'The broker answered with an error that has no code of its own here.', remedy: 'Read the text of the broker in the message.' },
  BROKER_PUBLISH_REFUSED: { meaning: 'The broker refused to store this message; its key waits and is tried again.', remedy: 'Read the text of the broker in the message; free space or raise the limit it names.' },
  BROKER_WRONG_STREAM: { meaning: 'A message was stored in another stream than the contracts say; somebody gave our subject away.', remedy: 'Compare the streams at the broker with the declared ones and remove the foreign one.' },
  BROKER_TOO_OLD: { meaning: 'The nats-server is older than the floor; it would ignore settings silently.', remedy: 'Run nats-server 2.10 or newer.', exit: 69 },
  BROKER_LAZY: { meaning: 'The broker acknowledges before its disk has the message, which production does not accept.', remedy: 'Set sync_interval: always for JetStream at the broker and NATS_SYSTEM_URL at operations, so that it can be attested. STEWARD_ALLOW_LAZY_BROKER=true accepts it as it is.', exit: 78 },
  BROKER_NOT_READY: { meaning: 'Streams or durables that the service needs were not there in time.', remedy: 'See that operations (the provisioner) runs and is ready; the supervisor starts the process again.', exit: 69 },
  OUTBOX_WRONG_SYSTEM: { meaning: 'A service tried to emit an entity that another system owns.', remedy: 'Emit it from its owner, or name the system in the contract.' },
  OUTBOX_WRONG_KIND: { meaning: 'A state was handed to the door for events; its revision would be missing.', remedy: 'Write state rows with their revision, in the statement that gives it.' },
  OUTBOX_FLOOR_UNKNOWN: { meaning: 'The database is new or restored, and operations did not say in time which revisions and sequences its streams have held; sent below them, news would be refused as old.', remedy: 'See that operations (the provisioner) runs and that its log names these streams; the service sends nothing before.' },
  OUTBOX_BAD_KEY: { meaning: 'The key can not become one subject token or can not be stored.', remedy: 'Give a key of 1 to 255 bytes of UTF-8 without NUL.' },
  OUTBOX_BAD_BODY: { meaning: 'The body can not be stored as text.', remedy: 'Escape NUL characters as JSON does.' },
  OUTBOX_INVALID: { meaning: 'The data of an event breaks its contract.', remedy: 'Mend what the pointers in the message name.' },
  OUTBOX_TOO_LARGE: { meaning: 'Headers and body together are more than the broker takes; refused before commit.', remedy: 'Make the entity smaller than 1 MiB: move media and long texts out of it.' },
  OUTBOX_UNKNOWN_SUBJECT: { meaning: 'An outbox row belongs to no stream of this service, probably written by a newer version.', remedy: 'Deploy the version that knows the contract; the row waits.' },
  OUTBOX_RETENTION_SHORT: { meaning: 'Something is kept for less time than the longest replay needs.', remedy: 'Raise the named retention.', exit: 78 },
  OPERATIONS_ROUTE_UNKNOWN: { meaning: 'The API of operations has no such address, or not for this method.', remedy: 'Use one of the addresses of /ops/v1/openapi.json.', http: 404 },
  OPERATIONS_INPUT_REFUSED: { meaning: 'A parameter or a field of the request is missing, unknown or not accepted.', remedy: 'Correct each named place; the answer says what is accepted there.', http: 400 },
  OPERATIONS_BODY_TOO_LARGE: { meaning: 'The body of the request is larger than allowed.', remedy: 'Send a smaller one.', http: 413 },
  OPERATIONS_ROLE_MISSING: { meaning: 'The token of the request has not the role that this needs for this owner; the denial is in the audit.', remedy: 'Ask whoever grants steward_roles at the issuer, or somebody of the owning team.', http: 403 },
  OPERATIONS_RATE_LIMITED: { meaning: 'Somebody has asked for more in this minute than they may.', remedy: 'Wait as long as Retry-After says, or raise STEWARD_OPERATIONS_RATE_LIMIT.', http: 429 },
  OPERATIONS_NOT_FOUND: { meaning: 'There is nothing of this id.', remedy: 'List what there is; it may be of another kind, or belong to a database that was lost.', http: 404 },
  OPERATIONS_CONFLICT: { meaning: 'What was asked for can not be done in the state that the thing is in now.', remedy: 'Read the thing again: the detail says what became of it and who did that.', http: 409 },
  OPERATIONS_OWNER_REFUSED: { meaning: 'The service that owns the thing refused what was asked of it.', remedy: 'Read its words in the detail.', http: 409 },
  OPERATIONS_STREAMS_FULL: { meaning: 'This process has as many open event streams as it takes.', remedy: 'Try again; run more replicas if it lasts.', http: 503 },
  OPERATIONS_FAILED: { meaning: 'Operations failed for a reason that has no code of its own.', remedy: 'It is a defect: find the trace id of the answer in the log and report it.', http: 500 },
  OPERATIONS_BAD_REQUEST: { meaning: 'A question to operations does not have the expected form.', remedy: 'Mend what the message names; both ends are probably of different versions.' },
  OPERATIONS_CONFIRMATION_NEEDED: { meaning: 'The operation would touch everything of an entity, and nobody has said that this is meant.', remedy: 'Give the count of the answer back as confirmCount, or a range.', http: 400 },
  OPERATIONS_COUNT_CHANGED: { meaning: 'The operation would touch another number than was confirmed.', remedy: 'Look at a new preview, and confirm what it counts.', http: 409 },
  OPERATIONS_SECOND_PERSON: { meaning: 'What is done by hand to money or stock has to be approved by somebody else than who asked for it.', remedy: 'Let another person with the role approver approve it.', http: 403 },
  LEASE_LOST: { meaning: 'Another process took the lease; this transaction may not commit what it did under it.', remedy: 'Nothing: the new holder goes on.' },
});

export type ErrorCode = keyof typeof errorTable;
