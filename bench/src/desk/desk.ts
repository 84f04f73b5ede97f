// The list of groups over HTTP beside the plain SQL of the same page: what the desk adds to the database.
import type { System } from '@steward/start';
import { Client } from 'pg';
import { onSystem } from '../on-system';
import { machine, type Say } from '../pipeline/report';
import { median } from '../yardstick/line';
import { askDesk, operatorToken } from './desk.client';
import type { DeskOptions } from './options';
import { fill, pageOfGroups } from './letters';

/** A person does not notice the difference. */
const wantedMs = 50;
const others = ['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway-projector', 'gateway-api'] as const;

/** True when both answer the same page; the times are told, not judged. */
export function runDesk(options: DeskOptions, say: Say): Promise<boolean> {
  return onSystem({ say, durable: false, without: others }, (system) => {
    say(machine({ Node: process.version }));
    return measure(system, options, say);
  });
}

async function measure(system: System, { letters, groups, rounds, requests }: DeskOptions, say: Say): Promise<boolean> {
  const database = new Client({ connectionString: system.databaseUrl('operations') });
  await database.connect();
  try {
    await fill(database, letters, groups);
    const token = await operatorToken(system.sandbox.url);
    const desk = (): Promise<string[]> => askDesk(system.operationsUrl, token);
    const sql = (): Promise<string[]> => pageOfGroups(database);
    const same = JSON.stringify(await desk()) === JSON.stringify(await sql());
    say(`${String(letters)} letters in ${String(groups)} groups; ${String(rounds)} rounds of ${String(requests)} pages each way; the same page: ${String(same)}`);
    await p95(desk, requests);
    await p95(sql, requests);
    const [byDesk, bySql]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      // Each way comes first as often as the other.
      const ways: [() => Promise<string[]>, number[]][] = [[desk, byDesk], [sql, bySql]];
      for (const [way, times] of round % 2 === 0 ? ways : ways.toReversed()) times.push(await p95(way, requests));
    }
    const ratios = byDesk.map((time, round) => time / (bySql[round] ?? Number.NaN));
    say(`  GET /dead-letter-groups   p95 ${ms(median(byDesk))} (wanted ≤ ${String(wantedMs)} ms)`);
    say(`  plain SQL of its page     p95 ${ms(median(bySql))}   desk : SQL ${tenth(median(ratios))} (${ratios.map(tenth).join(', ')})`);
    return same;
  } finally {
    await database.end();
  }
}

/** One after the other: what one person waits for. */
async function p95(way: () => Promise<unknown>, requests: number): Promise<number> {
  const times: number[] = [];
  for (let request = 0; request < requests; request += 1) {
    const from = performance.now();
    await way();
    times.push(performance.now() - from);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
}

const tenth = (value: number): string => String(Math.round(value * 10) / 10);
const ms = (value: number): string => `${tenth(value)} ms`;
