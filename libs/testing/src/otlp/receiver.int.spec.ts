import { gzipSync } from 'node:zlib';
import { request } from 'node:http';
import { failOnLeaks } from '../leaks';
import { OtlpReceiver } from './receiver';

const post = (url: string, type: string, body: Buffer, encoding?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': type, connection: 'close', ...(encoding === undefined ? {} : { 'content-encoding': encoding }) };
    const call = request(`${url}/v1/traces`, { method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', reject);
    call.end(body);
  });

/** Wire type 2 (bytes) with a one-byte tag and a two-byte length. */
const field = (number: number, value: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, (value.length & 127) | 128, value.length >> 7]), Buffer.from(value)]);

const traceId = 'aabbccddeeff00112233445566778899';

describe('OtlpReceiver', () => {
  failOnLeaks();

  it('reads protobuf, gzipped or not', async () => {
    const receiver = await OtlpReceiver.start();
    const span = Buffer.concat([
      field(1, Buffer.from(traceId, 'hex')),
      field(2, Buffer.from('0102030405060708', 'hex')),
      field(4, Buffer.from('1112131415161718', 'hex')),
      field(5, 'receive'),
      Buffer.from([6 << 3, 5]),
      Buffer.from([(7 << 3) | 1, 0xe8, 0x03, 0, 0, 0, 0, 0, 0]),
      Buffer.from([(8 << 3) | 1, 0xd0, 0x07, 0, 0, 0, 0, 0, 0]),
      field(9, Buffer.concat([field(1, 'messaging.system'), field(2, field(1, 'nats'))])),
      field(13, Buffer.concat([field(1, Buffer.from(traceId, 'hex')), field(2, Buffer.from('2122232425262728', 'hex'))])),
      field(15, Buffer.from([3 << 3, 2])),
    ]);
    const resource = field(1, field(1, Buffer.concat([field(1, 'service.name'), field(2, field(1, 'gateway'))])));
    const body = field(1, Buffer.concat([resource, field(2, field(2, span))]));
    expect(await post(receiver.url, 'application/x-protobuf', body)).toBe(200);
    expect(await post(receiver.url, 'application/x-protobuf', gzipSync(body), 'gzip')).toBe(200);
    expect(receiver.trace(traceId)).toHaveLength(2);
    expect(receiver.spans[1]).toEqual({
      service: 'gateway',
      traceId,
      spanId: '0102030405060708',
      parentSpanId: '1112131415161718',
      name: 'receive',
      kind: 5,
      attributes: { 'messaging.system': 'nats' },
      links: [{ traceId, spanId: '2122232425262728' }],
      startUs: 1,
      endUs: 2,
      status: 2,
    });
    await receiver.close();
  });

  it('reads JSON, and keeps what it could not read as a fault', async () => {
    const receiver = await OtlpReceiver.start();
    const spans = [{ traceId, spanId: '01', name: 'send', kind: 4, attributes: [{ key: 'n', value: { intValue: '7' } }] }];
    const body = { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pim' } }] }, scopeSpans: [{ spans }] }] };
    expect(await post(receiver.url, 'application/json', Buffer.from(JSON.stringify(body)))).toBe(200);
    expect(receiver.spans).toMatchObject([{ service: 'pim', name: 'send', attributes: { n: 7 }, parentSpanId: '' }]);
    expect(await post(receiver.url, 'application/json', Buffer.from('{'))).toBe(400);
    expect(receiver.faults).toHaveLength(1);
    await receiver.close();
  });
});
