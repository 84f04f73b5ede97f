// A value of a chart is declared once, here in code; values.yaml, values.schema.json and the table in the documentation are three
// ways to write the declarations down.
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Leaf {
  readonly doc: string;
  readonly default: unknown;
  readonly schema: JsonSchema;
  /** No default: whoever installs the chart has to say it. */
  readonly required?: boolean;
  /** Keys that it may have, for the table only. */
  readonly keys?: readonly { readonly name: string; readonly doc: string; readonly fallback: string }[];
}

export interface Group {
  readonly doc: string;
  readonly fields: Readonly<Record<string, Node>>;
  /** Rules beyond the shape. */
  readonly rules?: readonly JsonSchema[];
  /** Keys that Helm puts in by itself, or parent charts. */
  readonly tolerated?: Readonly<Record<string, JsonSchema>>;
}

export type Node = Leaf | Group;

export const isGroup = (node: Node): node is Group => 'fields' in node;

export const text = (doc: string, value = '', more: JsonSchema = {}): Leaf => ({ doc, default: value, schema: { type: 'string', ...more } });
export const flag = (doc: string, value: boolean): Leaf => ({ doc, default: value, schema: { type: 'boolean' } });
export const count = (doc: string, value: number, minimum: number, maximum: number): Leaf => ({ doc, default: value, schema: { type: 'integer', minimum, maximum } });
export const choice = (doc: string, values: readonly string[], value: string): Leaf => ({ doc, default: value, schema: { type: 'string', enum: values } });
export const group = (doc: string, fields: Group['fields']): Group => ({ doc, fields });

/** An empty text means "not given" everywhere. */
export const objectName = (doc: string, value = ''): Leaf => text(doc, value, { pattern: '^$|^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$' });

/** Our own labels select pods: nobody may set them anew. */
const foreignName = { not: { pattern: '^(app\\.kubernetes\\.io|helm\\.sh)/' }, pattern: '^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$' };
const labelValue = { type: 'string', maxLength: 63, pattern: '^$|^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$' };

export const labels = (doc: string, value: Readonly<Record<string, string>> = {}): Leaf => ({ doc, default: value, schema: { type: 'object', propertyNames: foreignName, additionalProperties: labelValue } });
export const annotations = (doc: string): Leaf => ({ doc, default: {}, schema: { type: 'object', propertyNames: foreignName, additionalProperties: { type: 'string' } } });
export const selector = { type: 'object', additionalProperties: false, required: ['matchLabels'], properties: { matchLabels: { type: 'object', additionalProperties: labelValue } } };
