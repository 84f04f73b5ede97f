// npm run shop: shoppers at a running system, and its books afterwards.
import { parseArgs } from 'node:util';
import { randomFrom } from '@steward/platform';
import { sandboxControl } from '../clients/sandbox.client';
import { portsFrom } from '../system/ports';
import { readBooks, since, violations } from './books';
import { play } from './buyers';
import { layOut, type Goods } from './goods';
import { told } from './report';
import { reprice } from './reprice';
import { shelves } from './shelves';

const usage = `npm run shop [-- flags]

Lets shoppers buy at a system that \`npm start\` runs, more of them than there are goods, and holds the books of the OMS, the ERP and the
payment provider, and the storefront's shelf, against what the shoppers were told. Kill services meanwhile: nothing may come out wrong.

  --buyers N         how many shoppers (default 400)
  --skus N           SKUs on offer (default 5)
  --stock N          pieces of each; the ERP's stock is set to it (default 10)
  --parallel N       shoppers at a time (default 16)
  --double-clicks N  of a hundred shoppers so many send everything five times at once (default 20)
  --impatient N      of a hundred requests so many are given up before their answer, and made again (default 0)
  --same-key         every shopper sends everything five times at once under one key, and gives up a third of the requests
  --holds N          of a hundred shoppers so many hold their piece before they order; some of them give it back, some leave and let its
                     time run out, which takes half a minute (default 20)
  --reprice N        prices change so many times a second meanwhile (default 0)
  --declined N       of a hundred cards so many are declined (default 0)
  --within S         seconds a shopper waits for a decision (default 180)
  --seed N           repeats who wants what (default: by chance)
  --port-base N      as given to npm start (default 4000)
`;

const SHOWN_WITHIN_MS = 60_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function refuse(line: string): never {
  process.stderr.write(`shop: ${line}\n`);
  process.exit(64);
}

function flags() {
  const text = { type: 'string' } as const;
  try {
    const options = { help: { type: 'boolean' }, 'same-key': { type: 'boolean' }, buyers: text, skus: text, stock: text, parallel: text, 'double-clicks': text, declined: text, impatient: text, holds: text, reprice: text, within: text, seed: text, 'port-base': text } as const;
    return parseArgs({ options }).values;
  } catch (fault) {
    return refuse(`${(fault as Error).message}\n\n${usage}`);
  }
}

const given = flags();
if (given.help) {
  say(usage);
  process.exit(0);
}

function whole(name: Exclude<keyof typeof given, 'help' | 'same-key'>, usual: number, [least, most]: readonly [number, number]): number {
  const value = Number(given[name] ?? usual);
  if (!Number.isInteger(value) || value < least || value > most) refuse(`--${name} takes a whole number from ${least} to ${most}, got ${given[name]}`);
  return value;
}

async function main(): Promise<boolean> {
  const ports = portsFrom(whole('port-base', 4000, [1024, 65_000]));
  const [gatewayUrl, sandbox] = [`http://127.0.0.1:${ports.gateway}`, sandboxControl(`http://127.0.0.1:${ports.sandbox}`)];
  const [buyers, skus, stock] = [whole('buyers', 400, [1, 1_000_000]), whole('skus', 5, [1, 10_000]), whole('stock', 10, [0, 1_000_000])];
  const seed = whole('seed', Date.now() % 1_000_000, [0, 4_294_967_295]);
  const random = randomFrom(seed);
  const declined = whole('declined', 0, [0, 100]);
  const withinMs = whole('within', 180, [1, 86_400]) * 1_000;
  const sameKey = given['same-key'] === true;
  const options = { gatewayUrl, buyers, parallel: whole('parallel', 16, [1, 10_000]), doubleClicks: whole('double-clicks', sameKey ? 100 : 20, [0, 100]), impatient: whole('impatient', sameKey ? 33 : 0, [0, 100]), holds: whole('holds', 20, [0, 100]), withinMs, random };
  const goods: Goods[] = await layOut(sandbox, gatewayUrl, { skus, stock, withinMs: 60_000 });
  const before = await readBooks(sandbox);
  say(`${buyers} shoppers, ${options.parallel} at a time, want one of ${skus * stock} pieces of ${skus} SKUs (--seed ${seed})`);
  const perSecond = whole('reprice', 0, [0, 1_000]);
  const repricing = perSecond === 0 ? undefined : await reprice(sandbox, goods, perSecond, random);
  const begun = performance.now();
  const bought = await play({
    ...options,
    goods,
    card: () => (random() * 100 < declined ? 'pm_card_chargeDeclined' : 'pm_card_visa'),
    told: (done) => (done % 500 === 0 ? say(`  ${done} served`) : undefined),
  });
  say(told(bought, performance.now() - begun));
  await repricing?.stop();
  if (repricing !== undefined) say(`  ${repricing.changes()} prices changed meanwhile`);
  const wrong = [...violations(bought, goods, since(before, await readBooks(sandbox))), ...(await shelves(gatewayUrl, goods, bought, SHOWN_WITHIN_MS))];
  for (const line of wrong.slice(0, 50)) say(`  WRONG: ${line}`);
  say(wrong.length === 0 ? 'the books of all systems agree with what the shoppers were told' : `${wrong.length} things are wrong`);
  return wrong.length === 0;
}

main().then(
  (right) => process.exit(right ? 0 : 1),
  (fault: Error) => {
    const refused = fault.message === 'fetch failed' ? `nothing answers: is npm start running? (${String((fault.cause as Error | undefined)?.message)})` : (fault.stack ?? fault.message);
    process.stderr.write(`shop: ${refused}\n`);
    process.exit(1);
  },
);
