// Just enough of protobuf's wire format and of OTLP's trace.proto to read what an exporter sends: a schema compiler
// would be the heaviest dependency of the tests.

type Field = { number: number; value: bigint } | { number: number; value: Buffer };

function* fields(buffer: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at++];
      if (byte === undefined) throw new Error('OTLP: the message ends inside a number');
      result |= BigInt(byte & 127) << shift;
      if (byte < 128) return result;
    }
  };
  const bytes = (length: number): Buffer => {
    if (at + length > buffer.length) throw new Error('OTLP: the message ends inside a field');
    return buffer.subarray(at, (at += length));
  };
  while (at < buffer.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    const wireType = tag & 7;
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 1) yield { number, value: bytes(8).readBigUInt64LE() };
    else if (wireType === 2) yield { number, value: bytes(Number(varint())) };
    else if (wireType === 5) yield { number, value: BigInt(bytes(4).readUInt32LE()) };
    else throw new Error(`OTLP: unknown wire type ${wireType}`);
  }
}

const messages = (buffer: Buffer, number: number): Buffer[] =>
  [...fields(buffer)].flatMap((field) => (field.number === number && Buffer.isBuffer(field.value) ? [field.value] : []));

export type Attribute = string | number | boolean | null | Attribute[];

function anyValue(buffer: Buffer): Attribute {
  for (const { number, value } of fields(buffer)) {
    if (Buffer.isBuffer(value)) {
      if (number === 1) return value.toString();
      if (number === 5) return messages(value, 1).map(anyValue);
    } else {
      if (number === 2) return value === 1n;
      if (number === 3) return Number(BigInt.asIntN(64, value));
      if (number === 4) {
        const double = Buffer.alloc(8);
        double.writeBigUInt64LE(value);
        return double.readDoubleLE();
      }
    }
  }
  return null;
}

function keyValue(buffer: Buffer): [string, Attribute] {
  const [value] = messages(buffer, 2);
  return [messages(buffer, 1)[0]?.toString() ?? '', value === undefined ? null : anyValue(value)];
}

interface Link {
  traceId: string;
  spanId: string;
}

export interface ReceivedSpan extends Link {
  service: string;
  /** '' for the first span of a trace. */
  parentSpanId: string;
  name: string;
  /** OTLP's numbers: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  attributes: Record<string, Attribute>;
  links: Link[];
  /** Microseconds since 1970. */
  startUs: number;
  endUs: number;
  /** 0 unset, 1 ok, 2 error. */
  status: number;
}

function span(service: string, buffer: Buffer): ReceivedSpan {
  const found: ReceivedSpan = { service, traceId: '', spanId: '', parentSpanId: '', name: '', kind: 0, attributes: {}, links: [], startUs: 0, endUs: 0, status: 0 };
  for (const { number, value } of fields(buffer)) {
    if (!Buffer.isBuffer(value)) {
      if (number === 6) found.kind = Number(value);
      else if (number === 7) found.startUs = Number(value / 1_000n);
      else if (number === 8) found.endUs = Number(value / 1_000n);
      continue;
    }
    if (number === 1) found.traceId = value.toString('hex');
    else if (number === 2) found.spanId = value.toString('hex');
    else if (number === 4) found.parentSpanId = value.toString('hex');
    else if (number === 5) found.name = value.toString();
    else if (number === 9) {
      const [key, attribute] = keyValue(value);
      found.attributes[key] = attribute;
    } else if (number === 13) {
      found.links.push({ traceId: messages(value, 1)[0]?.toString('hex') ?? '', spanId: messages(value, 2)[0]?.toString('hex') ?? '' });
    } else if (number === 15) {
      for (const field of fields(value)) if (field.number === 3) found.status = Number(field.value);
    }
  }
  return found;
}

/** ExportTraceServiceRequest → spans. */
export function decodeProtobuf(body: Buffer): ReceivedSpan[] {
  return messages(body, 1).flatMap((resourceSpans) => {
    const resource = Object.fromEntries(messages(resourceSpans, 1).flatMap((part) => messages(part, 1).map(keyValue)));
    const service = String(resource['service.name'] ?? '');
    return messages(resourceSpans, 2).flatMap((scope) => messages(scope, 2).map((part) => span(service, part)));
  });
}
