import { contracts, feedProgress, product, reserveStock, subjectOf, typeOf } from '@steward/contracts';
import fc from 'fast-check';
import { headers, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import { addressOf, type Envelope, dataSchemaOf, encodeHeaders, fromMessage, isHeaderFault, origins, toHeaders } from '.';

const envelopeOf = (over: Partial<Envelope> = {}): Envelope => {
  const key = over.key ?? 'SKU-1';
  return {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    type: typeOf(product, 'pim'),
    source: '/steward/pim',
    subject: subjectOf(product, 'pim', key),
    key,
    time: '2026-01-02T03:04:05.678Z',
    dataSchema: dataSchemaOf(product),
    revision: 7,
    sequence: null,
    correlationId: null,
    causationId: null,
    origin: 'live',
    tombstone: false,
    traceparent: null,
    body: '{"id":"SKU-1"}',
    ...over,
  };
};
const deliver = (envelope: Envelope, change: (headers: MsgHdrs) => void = () => undefined): ReturnType<typeof fromMessage> => {
  const sent = toHeaders(envelope);
  change(sent);
  return fromMessage({ subject: envelope.subject, headers: sent, data: Buffer.from(envelope.body) });
};

describe('envelope', () => {
  it('comes back as it was sent, whatever the key', () => {
    fc.assert(
      fc.property(
        fc.record({
          key: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((key) => Buffer.byteLength(key) <= 255 && key.isWellFormed()),
          revision: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
          origin: fc.constantFrom(...origins),
          correlationId: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })),
          body: fc.json(),
        }),
        (over) => {
          const sent = envelopeOf(over);
          expect(deliver(sent)).toEqual(sent);
        },
      ),
    );
  });

  it('has the same headers as bytes and as a map', () => {
    const sent = envelopeOf({ key: 'ä b\r\nX: y', correlationId: 'c%', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    expect(MsgHdrsImpl.decode(encodeHeaders(sent)).toRecord()).toEqual((toHeaders(sent) as MsgHdrsImpl).toRecord());
  });

  it('B8: a key with a line break adds no header', () => {
    const decoded = MsgHdrsImpl.decode(encodeHeaders(envelopeOf({ key: 'a\r\nce-origin: repair' })));
    expect(decoded.get('ce-origin')).toBe('live');
    expect(decoded.keys().filter((name) => name === 'ce-origin')).toHaveLength(1);
  });

  it('carries the epoch in the duplicate id only', () => {
    const sent = envelopeOf();
    const received = MsgHdrsImpl.decode(encodeHeaders(sent, 'e2'));
    expect(received.get('Nats-Msg-Id')).toBe(`${sent.id}:e2`);
    expect(fromMessage({ subject: sent.subject, headers: received, data: Buffer.from(sent.body) })).toEqual(sent);
  });

  const forgeries: [string, (headers: MsgHdrs) => void, RegExp][] = [
    ['another type', (sent) => sent.set('ce-type', 'erp.stock-level.v1'), /ce-type/],
    ['another source', (sent) => sent.set('ce-source', '/steward/erp'), /ce-source/],
    ['another key', (sent) => sent.set('ce-subject', 'SKU-2'), /ce-subject/],
    ['another schema', (sent) => sent.set('ce-dataschema', 'urn:steward:contract:product:v2'), /ce-dataschema/],
    ['no version of CloudEvents', (sent) => sent.delete('ce-specversion'), /ce-specversion/],
    ['no id', (sent) => sent.delete('ce-id'), /ce-id/],
    ['an id that is not the duplicate id', (sent) => sent.set('Nats-Msg-Id', '01890a5d-ac96-774b-bcce-b302099a8058'), /Nats-Msg-Id/],
    ['no revision', (sent) => sent.delete('ce-revision'), /exactly a ce-revision/],
    ['a negative revision', (sent) => sent.set('ce-revision', '-1'), /exactly a ce-revision/],
    ['a sequence beside the revision', (sent) => sent.set('ce-sequence', '1'), /exactly a ce-revision/],
    ['an unknown origin', (sent) => sent.set('ce-origin', 'magic'), /ce-origin/],
    ['two types', (sent) => sent.append('ce-type', 'pim.product.v1'), /more than once/],
    ['the type again in other letters', (sent) => sent.append('CE-Type', 'x'), /more than once/],
    ['a tombstone with a body', (sent) => sent.set('ce-tombstone', 'true'), /tombstone/],
    ['no time', (sent) => sent.set('ce-time', 'soon'), /ce-time/],
  ];
  it.each(forgeries)('B9: refuses %s', (_name, forge, reason) => {
    const result = deliver(envelopeOf(), forge);
    expect(isHeaderFault(result) && result.reason).toMatch(reason);
  });

  it('B9: refuses a server answer that landed in the stream, and a system that may not emit the entity', () => {
    expect(fromMessage({ subject: subjectOf(product, 'pim', 'a'), data: Buffer.from('{"type":"io.nats.jetstream.api.v1.consumer_info_response"}') })).toMatchObject({ reason: 'no headers' });
    const foreign = envelopeOf({ subject: 'evt.erp.product.v1.SKU-1' });
    expect(fromMessage({ subject: foreign.subject, headers: toHeaders(foreign), data: Buffer.from('{}') })).toMatchObject({ reason: /no contract covers/ });
    expect(fromMessage({ subject: 'evt.pim.product.v1.a', headers: headers(), data: Buffer.from('') })).toMatchObject({ fault: 'header' });
  });

  it('B9: takes no command for a fact of its sender, and no fact for a command', () => {
    const { systems, entity, major } = reserveStock;
    expect(addressOf(`cmd.${String(systems[0])}.${entity}.v${String(major)}.o`)).toMatchObject({ contract: { entity }, type: 'oms.reserve-stock.v1' });
    expect([addressOf(`evt.${String(systems[0])}.${entity}.v${String(major)}.o`), addressOf('cmd.pim.product.v1.a')]).toEqual([undefined, undefined]);
  });

  it('wants a sequence of an event and none of its revision', () => {
    const event = envelopeOf({
      type: typeOf(feedProgress, 'pim'),
      subject: subjectOf(feedProgress, 'pim', 'product'),
      key: 'product',
      dataSchema: dataSchemaOf(feedProgress),
      revision: null,
      sequence: 3,
    });
    expect(deliver(event)).toEqual(event);
    expect(deliver({ ...event, sequence: null, revision: 3 })).toMatchObject({ reason: /exactly a ce-sequence/ });
    expect(contracts).toContain(feedProgress);
  });

  it('drops a malformed trace context and keeps the message', () => {
    expect(deliver(envelopeOf(), (sent) => sent.set('traceparent', 'nonsense'))).toMatchObject({ traceparent: null, key: 'SKU-1' });
  });
});
