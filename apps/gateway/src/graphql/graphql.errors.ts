import { GraphQLError, isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';
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
  const accepted = acceptedArguments(error.message, schema);
  return new RejectedError('GRAPHQL_DOCUMENT_INVALID', error.message, { place: '/query', ...(accepted === undefined ? {} : { accepted }) });
}

/** GraphQL names the unknown argument; whoever mistyped it wants to read the known ones. */
function acceptedArguments(message: string, schema: GraphQLSchema): string | undefined {
  const [, typeName, fieldName] = /^Unknown argument "[^"]*" on field "(\w+)\.(\w+)"/.exec(message) ?? [];
  const type = typeName === undefined ? undefined : schema.getType(typeName);
  if (fieldName === undefined || !(isObjectType(type) || isInterfaceType(type))) return undefined;
  const known = type.getFields()[fieldName]?.args.map((argument) => argument.name) ?? [];
  return known.length > 0 ? known.join(', ') : 'no arguments';
}
