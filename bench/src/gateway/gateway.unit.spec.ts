import type { Outcome } from '../yardstick/line';
import { AnswerReader } from './answer-reader';
import { parseOptions } from './options';
import { bytesOf, COUNTER, freePage, storedPage } from './questions';
import { CPU, ratios, table } from './report';

const outcome = (perSecond: number, cpu: number): Outcome => ({ eventsPerSecond: perSecond, p50Ms: 1, p99Ms: 2, applied: 1, extra: { [CPU]: cpu } });

describe('where an answer ends', () => {
  const answers = (...parts: string[]): boolean[] => {
    const seen: boolean[] = [];
    const reader = new AnswerReader((ok) => seen.push(ok));
    for (const part of parts) reader.read(Buffer.from(part));
    return seen;
  };

  test.each([
    ['with its length', ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc'], [true]],
    ['without a body', ['HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'], [false]],
    ['in a head that comes in parts', ['HTTP/1.1 200 OK\r\ncontent-le', 'ngth: 3\r\n\r', '\nab', 'c'], [true]],
    ['with the last of its parts', ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na', 'b', 'c', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na'], [true, true]],
    ['after what is still missing', ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab'], []],
    ['with its last chunk', ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n', '0\r\n\r\n'], [true]],
    ['once for each answer', ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na', 'HTTP/1.1 500 No\r\ncontent-length: 1\r\n\r\na'], [true, false]],
  ])('%s', (_where, parts, expected) => {
    expect(answers(...parts)).toEqual(expected);
  });
});

describe('a question as bytes', () => {
  test('has a body of the length it names, with one place for the number that makes each request another', () => {
    const [head = '', body = ''] = bytesOf(freePage('süß')).toString().split('\r\n\r\n');
    expect(head).toContain(`content-length: ${String(Buffer.byteLength(body))}`);
    expect(body.split(COUNTER)).toHaveLength(2);
  });

  test('of a stored answer is the same each time', () => {
    expect(bytesOf(storedPage('a b')).toString()).toMatch(/^GET \/graphql\?documentId=product-page&variables=%7B%22sku%22%3A%22a%20b%22%7D HTTP\/1\.1\r\n/);
    expect(bytesOf(storedPage('a')).includes(COUNTER)).toBe(false);
  });
});

test('a ratio of requests stands above that of CPU, which counts the other way round', () => {
  const all = [
    { server: 'node:http', question: 'product page', outcomes: [outcome(40, 10)] },
    { server: 'gateway', question: 'product page', outcomes: [outcome(30, 20)] },
  ] as const;
  const lines = ratios(all).split('\n');
  const at = lines.findIndex((line) => line.includes('product page, gateway : node:http'));
  expect(lines[at]).toMatch(/0\.75 .*wanted: ≥ 0\.6/);
  expect(lines[at + 1]).toMatch(/per second of CPU +0\.5 /);
  expect(table(all).split('\n').at(-1)).toBe('| product page | gateway | 30 | 1 | 2 | 20 |');
});

describe('options', () => {
  test('have defaults that give a figure to quote', () => {
    expect(parseOptions([])).toEqual({ pairs: 3, seconds: 4, connections: 32, products: 600, keep: false });
  });

  test.each([
    [['--pairs', '0'], '--pairs 0'],
    [['--connections', 'many'], '--connections many'],
    [['--products', '99'], '--products 99: a whole number from 100 on'],
    [['--fast'], '--fast'],
  ])('%j are refused with what was wrong', (args, names) => {
    expect(parseOptions(args)).toEqual(expect.stringContaining(names));
  });
});
