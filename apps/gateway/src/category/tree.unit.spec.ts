import type { Category } from '@steward/contracts';
import fc from 'fast-check';
import { type CategoryNode, treeOf } from './tree';

const node = (id: string, parentId: string | null = null, position = 0): Category => ({ id, parentId, position, texts: {} });
const shape = (nodes: readonly CategoryNode[]): unknown => nodes.map(({ category, children }) => (children.length === 0 ? category.id : [category.id, shape(children)]));
const path = (categories: readonly Category[], id: string) => treeOf(categories).pathTo(id).map((category) => category.id);

describe('the tree of categories', () => {
  it('orders siblings by position, equal ones by id', () => {
    expect(shape(treeOf([node('b', 'top', 1), node('c', 'top'), node('a', 'top', 1), node('top')]).roots)).toEqual([['top', ['c', 'a', 'b']]]);
    expect(path([node('leaf', 'middle'), node('middle', 'top'), node('top')], 'leaf')).toEqual(['top', 'middle', 'leaf']);
    expect(path([node('top')], 'nobody')).toEqual([]);
  });

  it('shows what hangs below a missing parent at the top', () => {
    expect(shape(treeOf([node('orphan', 'unknown'), node('child', 'orphan')]).roots)).toEqual([['orphan', ['child']]]);
  });

  it('opens a circle above its lowest id', () => {
    const circle = [node('b', 'a'), node('c', 'b'), node('a', 'c'), node('hanger', 'b')];
    expect(shape(treeOf(circle).roots)).toEqual([['a', [['b', ['c', 'hanger']]]]]);
    expect(path(circle, 'hanger')).toEqual(['a', 'b', 'hanger']);
    expect(shape(treeOf([node('self', 'self')]).roots)).toEqual(['self']);
  });

  it('shows every node once, whatever the parents are and in whatever order they come', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const parents = fc.array(fc.option(fc.constantFrom(...ids, 'gone')), { minLength: ids.length, maxLength: ids.length });
    fc.assert(
      fc.property(parents, fc.shuffledSubarray(ids, { minLength: ids.length }), (given, order) => {
        const nodes = ids.map((id, index) => node(id, given[index] ?? null));
        const { roots } = treeOf(nodes);
        const shown: string[] = [];
        const walk = (level: readonly CategoryNode[]): void => level.forEach(({ category, children }) => (shown.push(category.id), walk(children)));
        walk(roots);
        expect(shown.toSorted()).toEqual(ids);
        const turned = order.flatMap((id) => nodes.find((each) => each.id === id) ?? []);
        expect(shape(treeOf(turned).roots)).toEqual(shape(roots));
      }),
    );
  });
});
