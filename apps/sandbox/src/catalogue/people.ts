// Customers out of a seed. Nobody lives here: names are drawn from lists, mail goes to example.com, and the numbers are those that are kept
// free for films.
import type { CustomerRecord, SegmentRecord } from '../records/customer.wire';
import { createRandom, type Random } from './random';

export const segments: readonly SegmentRecord[] = [
  { id: 'business', title: 'Business customers', priceGroup: 'business' },
  { id: 'regulars', title: 'Regulars', priceGroup: null },
  { id: 'outdoor-fans', title: 'Outdoor fans', priceGroup: null },
  { id: 'newcomers', title: 'Newcomers', priceGroup: null },
];

interface Place {
  readonly nation: string;
  readonly tongue: string;
  readonly zip: string;
  readonly town: string;
  readonly province: string | null;
  readonly streets: readonly [string, ...string[]];
  readonly phone: (digits: number) => string;
}

const german = (zip: string, town: string, ...streets: [string, ...string[]]): Place => ({ nation: 'DE', tongue: 'de', zip, town, province: null, streets, phone: (digits) => `+49 30 23125 ${String(digits).padStart(3, '0')}` });
const american = (zip: string, town: string, province: string, ...streets: [string, ...string[]]): Place => ({ nation: 'US', tongue: 'en-US', zip, town, province, streets, phone: (digits) => `+1 202 555 01${String(digits % 100).padStart(2, '0')}` });

const places: readonly [Place, ...Place[]] = [
  german('20459', 'Hamburg', 'Deichstr.', 'Cremon', 'Rödingsmarkt'),
  german('80331', 'München', 'Sendlinger Str.', 'Rosental', 'Blumenstr.'),
  german('04109', 'Leipzig', 'Nikolaistr.', 'Brühl', 'Ritterstr.'),
  german('50667', 'Köln', 'Breite Str.', 'Glockengasse', 'Hohe Str.'),
  german('79098', 'Freiburg', 'Salzstr.', 'Kaiser-Joseph-Str.', 'Konviktstr.'),
  { nation: 'AT', tongue: 'de-AT', zip: '6020', town: 'Innsbruck', province: null, streets: ['Maria-Theresien-Str.', 'Innrain'], phone: (digits) => `+43 1 23125 ${String(digits).padStart(3, '0')}` },
  american('97205', 'Portland', 'OR', 'SW Park Ave', 'SW Salmon St'),
  american('80302', 'Boulder', 'CO', 'Pearl St', 'Walnut St'),
];

const first: readonly [string, ...string[]] = ['Ada', 'Ben', 'Carla', 'David', 'Elif', 'Finn', 'Greta', 'Hanno', 'Ines', 'Jonas', 'Katja', 'Levi', 'Mara', 'Nils', 'Olga', 'Paul', 'Rosa', 'Sami', 'Tilda', 'Yusuf'];
const last: readonly [string, ...string[]] = ['Lund', 'Brandt', 'Castillo', 'Demir', 'Ebers', 'Falk', 'Grimm', 'Hansen', 'Ivers', 'Jansen', 'Kowalski', 'Lorenz', 'Meier', 'Nowak', 'Özdemir', 'Petersen', 'Richter', 'Sommer', 'Thiel', 'Winkler'];
const firms: readonly [string, ...string[]] = ['Alpenverein Nord', 'Bergwacht Ausrüstung', 'Hüttenwerk', 'Nordlicht Reisen', 'Zeltplatz am See', 'Werkstatt Ebers'];

/** Fixed days, see catalogue.ts. */
const JOINED_FROM = Date.UTC(2024, 0, 8, 9);
const DAY_MS = 86_400_000;
const FIRST_NUMBER = 1_001;

export function makeCustomers(seed: string | number, count: number): CustomerRecord[] {
  return Array.from({ length: count }, (_, index) => makeCustomer(index, createRandom(`${seed}/customer/${index}`)));
}

function makeCustomer(index: number, random: Random): CustomerRecord {
  // Every name of 400 comes before any comes twice; then the mail takes the number.
  const given = first[index % first.length] ?? first[0];
  const family = last[(index + Math.floor(index / first.length)) % last.length] ?? last[0];
  const fullName = `${given} ${family}`;
  const round = Math.floor(index / (first.length * last.length));
  const business = random.chance(0.2);
  const place = random.pick(places);
  const phone = place.phone(random.between(0, 999));
  const since = new Date(JOINED_FROM + random.between(0, 900) * DAY_MS).toISOString();
  const home = postalOf('home', fullName, business ? random.pick(firms) : null, place, random);
  const cabin = random.chance(0.25) ? [{ ...postalOf('cabin', fullName, null, random.pick(places), random), forDelivery: false, forInvoice: false }] : [];
  return {
    id: `cus-${FIRST_NUMBER + index}`,
    mail: `${plain(given)}.${plain(family)}${round === 0 ? '' : round + 1}@example.com`,
    fullName,
    phone: random.chance(0.7) ? phone : null,
    tongue: place.tongue,
    postals: [home, ...cabin],
    permissions: [
      { topic: 'newsletter', granted: random.chance(0.6), at: since, origin: 'checkout' },
      ...(random.chance(0.3) ? [{ topic: 'profiling' as const, granted: random.chance(0.5), at: since, origin: 'account' }] : []),
    ],
    segments: [...(business ? ['business'] : []), random.pick(['regulars', 'outdoor-fans', 'newcomers'])],
    priceGroup: business ? 'business' : null,
    since,
    mergedInto: null,
  };
}

function postalOf(ref: string, recipient: string, firm: string | null, place: Place, random: Random): CustomerRecord['postals'][number] {
  const { nation, zip, town, province, streets } = place;
  const house = random.between(1, 140);
  const street = random.pick(streets);
  return { ref, recipient, firm, line1: nation === 'US' ? `${house} ${street}` : `${street} ${house}`, line2: null, zip, town, province, nation, phone: null, forDelivery: true, forInvoice: true };
}

/** What mail addresses are made of. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll('ö', 'oe').replaceAll('ü', 'ue');
}
