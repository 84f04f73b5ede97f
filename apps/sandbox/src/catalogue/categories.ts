// The tree that the products of the catalogue stand in: three departments, their shelves, and two places that cut across.
import type { CategoryRecord } from '../records/category.wire';
import type { Department, Said } from './kinds';

const departments: Readonly<Record<string, Said>> = {
  outdoor: { en: 'Outdoor', de: 'Draußen' },
  home: { en: 'Home', de: 'Wohnen' },
  fashion: { en: 'Fashion', de: 'Mode' },
};

const across: Readonly<Record<string, Said>> = {
  'new-arrivals': { en: 'New Arrivals', de: 'Neu eingetroffen' },
  sale: { en: 'Sale', de: 'Sale' },
};

const shelves: Readonly<Record<string, Said>> = {
  'outdoor-tents': { en: 'Tents', de: 'Zelte' },
  'outdoor-sleeping-bags': { en: 'Sleeping Bags', de: 'Schlafsäcke' },
  'outdoor-backpacks': { en: 'Backpacks', de: 'Rucksäcke' },
  'outdoor-rain-jackets': { en: 'Rain Jackets', de: 'Regenjacken' },
  'outdoor-insulation': { en: 'Insulation', de: 'Isolationsjacken' },
  'outdoor-hiking-boots': { en: 'Hiking Boots', de: 'Wanderschuhe' },
  'outdoor-base-layers': { en: 'Base Layers', de: 'Funktionswäsche' },
  'outdoor-hiking-trousers': { en: 'Hiking Trousers', de: 'Wanderhosen' },
  'outdoor-stoves': { en: 'Stoves and Cooking', de: 'Kocher und Kochgeschirr' },
  'outdoor-bottles': { en: 'Bottles', de: 'Trinkflaschen' },
  'outdoor-headlamps': { en: 'Headlamps', de: 'Stirnlampen' },
  'outdoor-poles': { en: 'Trekking Poles', de: 'Trekkingstöcke' },
  'home-bed-linen': { en: 'Bed Linen', de: 'Bettwäsche' },
  'home-towels': { en: 'Towels', de: 'Handtücher' },
  'home-throws': { en: 'Throws', de: 'Decken' },
  'home-cushions': { en: 'Cushions', de: 'Kissen' },
  'home-rugs': { en: 'Rugs', de: 'Teppiche' },
  'home-tableware': { en: 'Tableware', de: 'Geschirr' },
  'home-glassware': { en: 'Glassware', de: 'Gläser' },
  'home-cookware': { en: 'Cookware', de: 'Töpfe und Pfannen' },
  'home-kitchen-boards': { en: 'Kitchen Boards', de: 'Schneidebretter' },
  'home-lighting': { en: 'Lighting', de: 'Leuchten' },
  'home-storage': { en: 'Storage', de: 'Aufbewahrung' },
  'home-stationery': { en: 'Stationery', de: 'Schreibwaren' },
  'fashion-t-shirts': { en: 'T-Shirts', de: 'T-Shirts' },
  'fashion-shirts': { en: 'Shirts', de: 'Hemden' },
  'fashion-knitwear': { en: 'Knitwear', de: 'Strick' },
  'fashion-sweatshirts': { en: 'Sweatshirts', de: 'Sweatshirts' },
  'fashion-jeans': { en: 'Jeans', de: 'Jeans' },
  'fashion-trousers': { en: 'Trousers', de: 'Hosen' },
  'fashion-dresses': { en: 'Dresses', de: 'Kleider' },
  'fashion-coats': { en: 'Coats', de: 'Mäntel' },
  'fashion-sneakers': { en: 'Sneakers', de: 'Sneaker' },
  'fashion-belts': { en: 'Belts', de: 'Gürtel' },
  'fashion-bags': { en: 'Bags', de: 'Taschen' },
  'fashion-hats-scarves': { en: 'Hats and Scarves', de: 'Mützen und Schals' },
  'fashion-kids': { en: 'Kids', de: 'Kinder' },
};

/** The whole tree, whatever the number of products: a shelf may be empty. `slug` makes the last part of a page's path. */
export function buildCategories(of: readonly Department[], slug: (text: string) => string): CategoryRecord[] {
  const node = (id: string, parent: string | null, order: number, said: Said): CategoryRecord => ({
    id,
    parent,
    order,
    labels: { en: { title: said.en, urlKey: slug(said.en) }, de: { title: said.de, urlKey: slug(said.de) } },
  });
  const trees = of.flatMap((department, index) => [
    node(department.id, null, (index + 1) * 10, nameOf(departments, department.id)),
    ...department.kinds.map(({ category }, at) => node(category, department.id, (at + 1) * 10, nameOf(shelves, category))),
  ]);
  return [...trees, ...Object.entries(across).map(([id, said], index) => node(id, null, 100 + index * 10, said))];
}

function nameOf(names: Readonly<Record<string, Said>>, id: string): Said {
  const found = names[id];
  if (!found) throw new RangeError(`category ${id} has no name`);
  return found;
}
