/** What both languages say; German is written, not translated word by word. */
export interface Said {
  readonly en: string;
  readonly de: string;
}

export type SizeRange = 'clothing' | 'shoes' | 'kids' | 'persons' | 'litres' | 'bedding' | 'towels' | 'rugs' | 'lengths' | 'belts' | 'one';
export type Palette = 'trail' | 'home' | 'fashion' | 'denim' | 'metal';

/** One leaf category: everything that products of it have in common. */
export interface Kind {
  readonly category: string;
  readonly nouns: readonly [Said, ...Said[]];
  readonly sizes: SizeRange;
  readonly palette: Palette;
  readonly materials: readonly [string, ...string[]];
  readonly opening: readonly [Said, ...Said[]];
  readonly features: readonly Said[];
  readonly weight: readonly [min: number, max: number];
}

export interface Department {
  readonly id: string;
  readonly brands: readonly [string, ...string[]];
  readonly series: readonly [string, ...string[]];
  readonly kinds: readonly Kind[];
}

export const sizeRanges: Readonly<Record<SizeRange, readonly string[]>> = {
  clothing: ['XS', 'S', 'M', 'L', 'XL', 'XXL'],
  shoes: ['37', '38', '39', '40', '41', '42', '43', '44', '45'],
  kids: ['98', '104', '110', '116', '122', '128'],
  persons: ['2 P', '3 P', '4 P'],
  litres: ['18 L', '28 L', '45 L', '60 L'],
  bedding: ['135 × 200 cm', '155 × 220 cm', '200 × 200 cm'],
  towels: ['30 × 50 cm', '50 × 100 cm', '70 × 140 cm'],
  rugs: ['80 × 150 cm', '120 × 180 cm', '160 × 230 cm', '200 × 300 cm'],
  lengths: ['Regular', 'Long'],
  belts: ['85', '95', '105', '115'],
  one: [],
};

export const palettes: Readonly<Record<Palette, readonly string[]>> = {
  trail: ['Moss Green', 'Slate Grey', 'Ember Orange', 'Glacier Blue', 'Night Black', 'Ochre'],
  home: ['Oat', 'Terracotta', 'Sage', 'Dusty Rose', 'Charcoal', 'Ink Blue', 'Off-White'],
  fashion: ['Black', 'Navy', 'Ecru', 'Burgundy', 'Olive', 'Camel', 'Sky Blue'],
  denim: ['Raw Indigo', 'Mid Blue', 'Washed Black', 'Light Stone'],
  metal: ['Black', 'Brass', 'Brushed Steel'],
};

export interface Material extends Said {
  readonly care: Said;
}

const machine30: Said = { en: 'Machine wash at 30 °C, do not tumble dry.', de: 'Maschinenwäsche bei 30 °C, nicht in den Trockner geben.' };
const machine60: Said = { en: 'Machine wash at 60 °C, tumble dry on low.', de: 'Maschinenwäsche bei 60 °C, bei niedriger Temperatur trocknergeeignet.' };
const wipe: Said = { en: 'Wipe clean with a damp cloth.', de: 'Mit einem feuchten Tuch abwischen.' };
const wool: Said = { en: 'Wash on the wool programme or simply air it out.', de: 'Im Wollprogramm waschen oder einfach auslüften lassen.' };

/** By the name that goes into the specs. */
export const materials: Readonly<Record<string, Material>> = {
  'ripstop-nylon': { en: 'tear-resistant ripstop nylon', de: 'reißfestem Ripstop-Nylon', care: wipe },
  'recycled-polyester': { en: 'recycled polyester', de: 'recyceltem Polyester', care: machine30 },
  'merino-wool': { en: 'fine merino wool from mulesing-free farms', de: 'feiner Merinowolle aus mulesingfreier Haltung', care: wool },
  'organic-cotton': { en: 'certified organic cotton', de: 'zertifizierter Bio-Baumwolle', care: machine60 },
  'linen': { en: 'European linen', de: 'europäischem Leinen', care: machine30 },
  'down': { en: 'a light shell filled with responsibly sourced down', de: 'leichter Hülle mit Füllung aus verantwortungsvoll gewonnenen Daunen', care: machine30 },
  'full-grain-leather': { en: 'full-grain leather', de: 'vollnarbigem Leder', care: { en: 'Treat with leather care twice a year.', de: 'Zweimal im Jahr mit Lederpflege behandeln.' } },
  'suede': { en: 'soft suede', de: 'weichem Veloursleder', care: { en: 'Brush when dry and proof before the first wear.', de: 'Trocken abbürsten und vor dem ersten Tragen imprägnieren.' } },
  'stainless-steel': { en: 'stainless steel', de: 'Edelstahl', care: { en: 'Dishwasher safe.', de: 'Spülmaschinengeeignet.' } },
  'aluminium': { en: 'anodised aluminium', de: 'eloxiertem Aluminium', care: wipe },
  'stoneware': { en: 'hand-glazed stoneware', de: 'von Hand glasiertem Steinzeug', care: { en: 'Safe for dishwasher and microwave.', de: 'Für Spülmaschine und Mikrowelle geeignet.' } },
  'oak': { en: 'oiled oak', de: 'geöltem Eichenholz', care: { en: 'Oil once a year and keep away from standing water.', de: 'Einmal im Jahr nachölen und vor stehendem Wasser schützen.' } },
  'beech': { en: 'solid beech', de: 'massiver Buche', care: wipe },
  'glass': { en: 'mouth-blown glass', de: 'mundgeblasenem Glas', care: { en: 'Wash by hand.', de: 'Von Hand spülen.' } },
  'cast-iron': { en: 'enamelled cast iron', de: 'emailliertem Gusseisen', care: { en: 'Wash by hand and dry at once.', de: 'Von Hand spülen und gleich abtrocknen.' } },
  'denim': { en: 'sturdy denim with a little stretch', de: 'robustem Denim mit leichtem Stretchanteil', care: machine30 },
  'lambswool': { en: 'Scottish lambswool', de: 'schottischer Lammwolle', care: wool },
  'viscose': { en: 'flowing viscose', de: 'fließender Viskose', care: machine30 },
  'canvas': { en: 'waxed canvas', de: 'gewachstem Canvas', care: wipe },
  'paper': { en: 'uncoated FSC-certified paper', de: 'ungestrichenem, FSC-zertifiziertem Papier', care: { en: 'Keep dry.', de: 'Trocken aufbewahren.' } },
};
