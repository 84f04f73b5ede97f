import { buildSchema, getVariableValues, GraphQLError, parse, validate, type OperationDefinitionNode } from 'graphql';
import { toShownError } from './graphql.errors';

const schema = buildSchema(`
  directive @inContext(language: String, market: String) on QUERY
  type Query { product(sku: String!, size: Size, filter: Filter): Product, products(first: Int): [Product!]! }
  type Product { sku: String!, name: String! }
  enum Size { SMALL LARGE }
  input Filter { brand: String, price: Int! }
`);

function acceptedFor(error: unknown): string | undefined {
  const { extensions } = toShownError(error, schema);
  expect(extensions).toMatchObject({ code: 'GRAPHQL_DOCUMENT_INVALID', place: '/query' });
  return extensions.accepted;
}

it.each([
  ['an unknown field', '{ product(sku: "a") { nmae } }', 'sku, name'],
  ['an unknown field of the root', '{ prodcut { sku } }', 'product, products'],
  ['a missing selection', '{ products }', 'sku, name'],
  ['an unknown argument', '{ product(sku: "a", skux: 1) { sku } }', 'sku, size, filter'],
  ['an argument of a field without any', '{ product(sku: "a") { sku(case: UPPER) } }', 'no arguments'],
  ['a missing argument', '{ product { sku } }', 'String!'],
  ['a literal of another type', '{ products(first: "ten") { sku } }', 'Int'],
  ['null where there is none', '{ product(sku: null) { sku } }', 'String!'],
  ['an unknown value of an enum', '{ product(sku: "a", size: HUGE) { sku } }', 'SMALL, LARGE'],
  ['a text for an enum', '{ product(sku: "a", size: "SMALL") { sku } }', 'SMALL, LARGE'],
  ['an unknown field of an input', '{ product(sku: "a", filter: { price: 1, brnad: "x" }) { sku } }', 'brand, price'],
  ['a missing field of an input', '{ product(sku: "a", filter: {}) { sku } }', 'Int!'],
  ['a scalar for an input', '{ product(sku: "a", filter: 1) { sku } }', 'brand, price'],
  ['a variable of another type', 'query Q($n: String) { products(first: $n) { sku } }', 'Int'],
  ['an unknown type', 'query Q($n: Nit) { products(first: $n) { sku } }', 'Query, String, Int, Product, Size, Filter, Boolean'],
  ['an unknown directive', 'query @inContxet(language: "de") { products { sku } }', '@inContext, @include, @skip, @deprecated, @specifiedBy, @oneOf'],
  ['an unknown argument of a directive', 'query @inContext(region: "x") { products { sku } }', 'language, market'],
  ['an unknown fragment', '{ products { ...rest } }', 'a GraphQL document that fits the schema'],
])('%s is answered with what is accepted there', (_what, query, accepted) => {
  const [error] = validate(schema, parse(query));
  expect(acceptedFor(error)).toBe(accepted);
});

it.each([
  ['Int', { n: 'many' }, 'Int'],
  ['Int!', {}, 'Int!'],
  ['Int!', { n: null }, 'Int!'],
  ['Size', { n: 'HUGE' }, 'SMALL, LARGE'],
  ['Size', { n: 7 }, 'SMALL, LARGE'],
  ['Filter', { n: { price: 1, brnad: 'x' } }, 'brand, price'],
  ['Filter', { n: {} }, 'Int!'],
  ['Filter', { n: 7 }, 'brand, price'],
])('a variable of type %s with the values %j is answered with what is accepted', (type, values, accepted) => {
  const { definitions } = parse(`query Q($n: ${type}) { __typename }`);
  const { errors } = getVariableValues(schema, (definitions[0] as OperationDefinitionNode).variableDefinitions ?? [], values);
  expect(acceptedFor(errors?.[0])).toBe(accepted);
});

it.each([
  ['Variable "$n" got invalid value "many"; Expected type Int; Int cannot represent non-integer value: "many"', 'Int'],
  ['Variable "$n" got invalid value "HUGE"; Expected type Size.', 'SMALL, LARGE'],
  ['Variable "$n" got invalid value { x: 1 }; Field "x" is not defined by type Filter.', 'brand, price'],
])('the words of the compiler are understood too: %s', (message, accepted) => {
  expect(acceptedFor(new GraphQLError(message))).toBe(accepted);
});

it('a syntax error is answered with what is accepted', () => {
  let thrown: unknown;
  try {
    parse('{ product(');
  } catch (error) {
    thrown = error;
  }
  expect(acceptedFor(thrown)).toBe('a GraphQL document that fits the schema');
});
