/**
 * What a document may ask, decided before it is validated: GraphQL's own rules compare fields pairwise, so a document of a
 * thousand aliases costs most while it is being refused. Everything is counted through fragments with each fragment walked
 * once, so a bomb of nested fragments is arithmetic here and not work.
 */
import { Kind, parse, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode, type ValueNode } from 'graphql';
import { RejectedError } from '@steward/platform';
import { FIRST_DEFAULT } from '../storefront/arguments';

export const limits = { tokens: 2_000, depth: 8, introspectionDepth: 20, aliases: 30, fields: 1_000, cost: 1_000 } as const;

const TREE_COST = 20;
/** Each is a look at the database or more. */
const ACTS = new Set(['order', 'placeOrder', 'cancelOrder', 'requestReturn', 'customer', 'registerCustomer', 'updateCustomer', 'eraseCustomer']);

export interface Measured {
  depth: number;
  aliases: number;
  fields: number;
  introspection: number;
  /** Products asked for: `product` is one, `products` and `orders` are their `first`, a cart its lines; the tree of categories counts as so many. */
  cost: number;
}

/** Parses with the token limit. Throws RejectedError for what is no document. */
export function parseDocument(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: limits.tokens });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('tokens. Parsing aborted'))
      throw new RejectedError('GRAPHQL_TOO_MANY_TOKENS', `more than ${String(limits.tokens)} tokens`, { place: '/query', accepted: `at most ${String(limits.tokens)} tokens` });
    throw new RejectedError('GRAPHQL_DOCUMENT_INVALID', message, { place: '/query', accepted: 'a GraphQL document with one query', cause: error });
  }
}

export function operationOf(document: DocumentNode, name: string | null): OperationDefinitionNode {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const [only] = operations;
  const chosen = name === null ? (operations.length === 1 ? only : undefined) : operations.find((operation) => operation.name?.value === name);
  if (chosen === undefined)
    throw new RejectedError('GRAPHQL_DOCUMENT_INVALID', name === null ? `the document has ${String(operations.length)} operations` : `no operation ${name}`, {
      place: '/operationName',
      accepted: operations.length > 1 ? `operationName, one of: ${operations.map((operation) => operation.name?.value ?? '(unnamed)').join(', ')}` : 'a document with one query',
    });
  return chosen;
}

type Variables = Readonly<Record<string, unknown>>;

/** Throws RejectedError with the limit's own code when the operation asks for too much. */
export function checkLimits(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables, introspection: boolean): Measured {
  const measured = measure(document, operation, variables);
  if (measured.introspection > 0 && !introspection)
    throw new RejectedError('GRAPHQL_INTROSPECTION_REFUSED', 'introspection is off', { place: '/query', accepted: 'queries without __schema and __type' });
  refuseAbove('GRAPHQL_TOO_MANY_ALIASES', 'aliases', measured.aliases, limits.aliases);
  refuseAbove('GRAPHQL_TOO_DEEP', 'levels', measured.depth, measured.introspection > 0 ? limits.introspectionDepth : limits.depth);
  refuseAbove('GRAPHQL_TOO_COSTLY', 'fields', measured.fields, limits.fields);
  refuseAbove('GRAPHQL_TOO_COSTLY', 'products', measured.cost, limits.cost);
  return measured;
}

function refuseAbove(code: 'GRAPHQL_TOO_DEEP' | 'GRAPHQL_TOO_MANY_ALIASES' | 'GRAPHQL_TOO_COSTLY', what: string, value: number, most: number): void {
  if (value > most) throw new RejectedError(code, `${String(value)} ${what}`, { place: '/query', accepted: `at most ${String(most)} ${what}` });
}

/** Of operations whose measures hang on no variable: documents are kept parsed, so most requests are measured by a look-up. */
const alwaysTheSame = new WeakMap<OperationDefinitionNode, Measured>();

const nothing: Measured = { depth: 0, aliases: 0, fields: 0, introspection: 0, cost: 0 };

export function measure(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): Measured {
  const same = alwaysTheSame.get(operation);
  if (same !== undefined) return same;
  let byVariables = false;
  const valueOf = (name: string): unknown => {
    byVariables = true;
    return variables[name];
  };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const known = new Map<string, Measured>();

  const ofSelections = (set: SelectionSetNode | undefined): Measured => {
    const sum = { ...nothing };
    for (const selection of set?.selections ?? []) {
      let part: Measured;
      if (selection.kind === Kind.FRAGMENT_SPREAD) part = ofFragment(selection.name.value);
      else {
        part = ofSelections(selection.selectionSet);
        if (selection.kind === Kind.FIELD) {
          const name = selection.name.value;
          part.depth += 1;
          part.fields += 1;
          if (selection.alias !== undefined) part.aliases += 1;
          if (name === '__schema' || name === '__type') part.introspection += 1;
          if (name === 'product' || name === 'category') part.cost += 1;
          if (name === 'cartPreview') part.cost += lengthOf(selection.arguments?.find((argument) => argument.name.value === 'lines')?.value);
          if (ACTS.has(name)) part.cost += 1;
          if (name === 'categories') part.cost += TREE_COST;
          if (name === 'products' || name === 'orders') part.cost += firstIn(selection.arguments?.find((argument) => argument.name.value === 'first')?.value);
        }
      }
      sum.depth = Math.max(sum.depth, part.depth);
      sum.aliases += part.aliases;
      sum.fields += part.fields;
      sum.introspection += part.introspection;
      sum.cost += part.cost;
    }
    return sum;
  };

  const ofFragment = (name: string): Measured => {
    const measured = known.get(name);
    if (measured !== undefined) return measured;
    known.set(name, nothing); // a fragment inside itself: counted once here, refused by validation
    const own = ofSelections(fragments.get(name)?.selectionSet);
    known.set(name, own);
    return own;
  };

  const firstIn = (value: ValueNode | undefined): number => {
    if (value?.kind === Kind.INT) return Number(value.value);
    if (value?.kind !== Kind.VARIABLE) return FIRST_DEFAULT;
    const given = valueOf(value.name.value);
    if (typeof given === 'number') return given;
    const fallback = operation.variableDefinitions?.find((definition) => definition.variable.name.value === value.name.value)?.defaultValue;
    return fallback?.kind === Kind.INT ? Number(fallback.value) : FIRST_DEFAULT;
  };

  const lengthOf = (value: ValueNode | undefined): number => {
    if (value?.kind === Kind.LIST) return value.values.length;
    const given = value?.kind === Kind.VARIABLE ? valueOf(value.name.value) : undefined;
    return Array.isArray(given) ? given.length : 1;
  };

  const measured = ofSelections(operation.selectionSet);
  if (!byVariables) alwaysTheSame.set(operation, measured);
  return measured;
}
