import { isStruct, type Schema } from './model';

/**
 * One file, two schemas. The producer's is closed: a field the contract doesn't name is refused before it is announced.
 * The consumer's is open: fields and open enum values of a newer producer pass, so that both sides can be deployed in any order.
 */
export function closed(schema: Schema): Schema {
  return rewrite(schema, (node) => (isStruct(node) ? { ...node, additionalProperties: false } : node));
}

export function open(schema: Schema): Schema {
  return rewrite(schema, (node) => {
    if (node['x-enum'] !== 'open') return node;
    const { enum: _values, default: _fallback, ...rest } = node;
    return rest;
  });
}

/** For json-schema-to-typescript: an open enum's type admits every string but still completes the known ones. */
export function typed(schema: Schema): Schema {
  return rewrite(closed(schema), (node) => {
    if (node['x-enum'] !== 'open') return node;
    const values = (node.enum ?? []).map((value) => JSON.stringify(value));
    return { ...(node.description === undefined ? {} : { description: node.description }), tsType: [...values, '(string & {})'].join(' | ') };
  });
}

/** Rebuilds the schema bottom-up through every place that holds a schema. */
export function rewrite(schema: Schema, change: (node: Schema) => Schema): Schema {
  const inner = (node: Schema): Schema => rewrite(node, change);
  const map = (nodes: Readonly<Record<string, Schema>>): Record<string, Schema> =>
    Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, inner(node)]));
  return change({
    ...schema,
    ...(schema.$defs && { $defs: map(schema.$defs) }),
    ...(schema.properties && { properties: map(schema.properties) }),
    ...(schema.additionalProperties && { additionalProperties: inner(schema.additionalProperties) }),
    ...(schema.propertyNames && { propertyNames: inner(schema.propertyNames) }),
    ...(schema.items && { items: inner(schema.items) }),
  });
}

/** Every place where data lives, with its path in the data ('*' = any key or index); `$ref`s are followed. */
export function* places(schema: Schema, resolveNode: (node: Schema) => Schema, path: readonly string[] = []): Generator<{ path: readonly string[]; node: Schema }> {
  const node = resolveNode(schema);
  yield { path, node };
  for (const [name, property] of Object.entries(node.properties ?? {})) yield* places(property, resolveNode, [...path, name]);
  if (node.additionalProperties) yield* places(node.additionalProperties, resolveNode, [...path, '*']);
  if (node.items) yield* places(node.items, resolveNode, [...path, '*']);
}
