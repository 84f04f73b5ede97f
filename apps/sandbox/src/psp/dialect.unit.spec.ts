import { readForm } from './dialect';

test('names in brackets are places in objects and lists', () => {
  expect(readForm('amount=5&metadata[order id]=W%26%201&card[a][b]=c&expand[0]=x&expand[1]=y&types[]=card&types[]=link&note=')).toEqual({
    amount: '5',
    metadata: { 'order id': 'W& 1' },
    card: { a: { b: 'c' } },
    expand: ['x', 'y'],
    types: ['card', 'link'],
    note: '',
  });
});

test('a field called __proto__ is a field', () => {
  const form = readForm('__proto__[polluted]=yes&metadata[__proto__]=x');
  expect(Object.keys(form ?? {})).toEqual(['__proto__', 'metadata']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each(['a]=1', '[a]=1', 'a[b=1', 'a[b]c=1', `a${'[b]'.repeat(9)}=1`])('%s is no form', (text) => {
  expect(readForm(text)).toBeUndefined();
});
