import { GraphQLError, isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLNamedType, type GraphQLSchema } from 'graphql';
import { RejectedError, statusOf, StewardError, traceId, type ErrorCode } from '@steward/platform';
import { toStewardError } from '../storefront/problem';

export interface ShownError {
  message: string;
  locations?: readonly unknown[];
  path?: readonly (string | number)[];
  extensions: { code: ErrorCode; place?: string; accepted?: string; traceId: string };
}

/** One error of a document or of a resolver. What is not ours is masked: its message may tell of our inside. */
export function toShownError(error: unknown, schema: GraphQLSchema): ShownError {
  const located = error as Partial<GraphQLError> | null;
  const original = located?.originalError ?? error;
  const ours = original instanceof StewardError ? original : isDocumentError(error) ? documentError(error, schema) : toStewardError(original);
  return {
    message: ours.detail ?? ours.message,
    ...(located?.locations ? { locations: located.locations } : {}),
    ...(located?.path ? { path: located.path } : {}),
    extensions: {
      code: ours.code,
      ...(ours.place === undefined ? {} : { place: ours.place }),
      ...(ours.accepted === undefined ? {} : { accepted: ours.accepted }),
      traceId: traceId(),
    },
  };
}

/** Mercurius throws one error with the list of what is wrong in the document or its variables. */
export function errorsIn(thrown: unknown): readonly unknown[] {
  const { errors } = (thrown ?? {}) as { errors?: unknown };
  return Array.isArray(errors) && errors.length > 0 ? errors : [thrown];
}

/** The worst of the errors decides; an answer that has data is 200 and says the rest in `errors`. */
export function statusOfErrors(errors: readonly ShownError[], hasData: boolean): number {
  return hasData ? 200 : Math.max(...errors.map(({ extensions }) => statusOf(extensions.code)));
}

/** What comes from a resolver has a path; document and variables have none. The compiler's errors are of a class of its own. */
function isDocumentError(error: unknown): error is GraphQLError {
  const { name, path } = (error ?? {}) as Partial<GraphQLError>;
  return (error instanceof GraphQLError || name === 'GraphQLError') && path === undefined;
}

function documentError(error: GraphQLError, schema: GraphQLSchema): RejectedError {
  return new RejectedError('GRAPHQL_DOCUMENT_INVALID', error.message, { place: '/query', accepted: acceptedInstead(error.message, schema) });
}

// GraphQL and the compiler name only the type that is concerned, and only in their text; whoever mistyped wants to read what it
// has. What a client sent can stand in the text too: at worst it makes the client's own answer less helpful.
const concerning = ['on', 'expecting', 'of(?: required| non-null)?', 'is not defined by', 'Expected(?: value of| non-nullable)?']
  .map((before) => `${before} type "?([\\w![\\]]+)`)
  .concat('does not exist in "(\\w+)" enum', 'Enum "(\\w+)" cannot represent', '(\\w+) cannot represent')
  .map((text) => new RegExp(text));

function acceptedInstead(message: string, schema: GraphQLSchema): string {
  const [, typeName, fieldName] = /^Unknown argument "[^"]*" on field "(\w+)\.(\w+)"/.exec(message) ?? [];
  if (typeName !== undefined && fieldName !== undefined) return argumentsOf(schema.getType(typeName), fieldName);
  const [, directive] = /^Unknown argument "[^"]*" on directive "@(\w+)"/.exec(message) ?? [];
  if (directive !== undefined) return names(schema.getDirective(directive)?.args ?? []);
  if (message.startsWith('Unknown directive')) return names(schema.getDirectives(), '@');
  if (message.startsWith('Unknown type')) return names(Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__')));
  for (const pattern of concerning) {
    const [, concerned] = pattern.exec(message) ?? [];
    if (concerned !== undefined) return membersOf(schema, concerned);
  }
  return 'a GraphQL document that fits the schema';
}

function argumentsOf(type: GraphQLNamedType | undefined, fieldName: string): string {
  const known = isObjectType(type) || isInterfaceType(type) ? (type.getFields()[fieldName]?.args ?? []) : [];
  return names(known) || 'no arguments';
}

/** Fields of an object, values of an enum; of a scalar there is only the type itself. */
function membersOf(schema: GraphQLSchema, typeText: string): string {
  const type = schema.getType(typeText.replaceAll(/\W/g, ''));
  if (isEnumType(type)) return names(type.getValues());
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.keys(type.getFields()).join(', ') : typeText;
}

const names = (known: readonly { readonly name: string }[], prefix = ''): string => known.map(({ name }) => prefix + name).join(', ');
