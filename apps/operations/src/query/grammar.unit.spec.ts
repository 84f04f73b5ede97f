import { Refusal } from '../api/input';
import { parseQuery } from './grammar';
import { whereOf, type Fields } from './where';

const fields: Fields = {
  state: { kind: 'text', sql: 'g.state', values: ['open', 'resolved'] },
  owner: { kind: 'text', sql: 'g.owner_team' },
  open: { kind: 'number', sql: 'g.open' },
  age: { kind: 'age', sql: 'g.first_seen_at' },
  overdue: { kind: 'flag', sql: 'g.respond_by < now()' },
};

function compiled(text: string): [string, unknown[]] {
  const parameters: unknown[] = [];
  return [whereOf(parseQuery(text), fields, ['g.message'], parameters), parameters];
}

describe('the grammar of filters', () => {
  it.each<[string, string, unknown[]]>([
    ['', 'true', []],
    ['state:open,resolved', '(g.state = any($1::text[]))', [['open', 'resolved']]],
    ['-owner:"Order, \\"desk\\""', '((g.owner_team = any($1::text[])) is not true)', [['Order, "desk"']]],
    ['open>100 open<5000', '(g.open > $1::bigint) and (g.open < $2::bigint)', [100, 5000]],
    ['age>2h', '(g.first_seen_at < now() - make_interval(secs => $1::float8))', [7200]],
    ['overdue:true -overdue:true', '(g.respond_by < now()) and ((g.respond_by < now()) is not true)', []],
    ['"no price" 100%', '(g.message ilike $1) and (g.message ilike $2)', ['%no price%', String.raw`%100\%%`]],
  ])('%s', (text, sql, parameters) => {
    expect(compiled(text)).toEqual([sql, parameters]);
  });

  it.each([
    ['stat:open', /knows no field stat/],
    ['__proto__:open', /can not be read/],
    ['constructor:open', /knows no field constructor/],
    ['state:opne', /is "opne"/],
    ['state>open', /compares state with >/],
    ['open>many', /compares open with "many"/],
    ['age:2h', /compares age/],
    ['age>2 h', /compares age/],
    ['overdue:ture', /compares overdue/],
    ['owner:"Order desk', /can not be read from "owner:"Order desk"/],
    ["owner:x' or 1=1 --:", /can not be read/],
    ['x'.repeat(1001), /too long/],
    [Array.from({ length: 31 }, () => 'a').join(' '), /31 terms/],
  ])('refuses %s', (text, message) => {
    expect(() => compiled(text)).toThrow(Refusal);
    expect(() => compiled(text)).toThrow(message);
  });

  it('never lets a value into the text of SQL', () => {
    const [sql, parameters] = compiled(`owner:"'; drop table letter; --" "'"`);
    expect([sql.includes('drop'), parameters]).toEqual([false, [["'; drop table letter; --"], "%'%"]]);
  });
});
