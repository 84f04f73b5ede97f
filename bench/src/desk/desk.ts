// The list of groups over HTTP beside the plain SQL of the same page: what the desk adds to the database.
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortPlan, startSystem, type System } from '@steward/start';
import { Client } from 'pg';
import { machine } from '../pipeline/report';
import { median } from '../yardstick/line';
import { askDesk, operatorToken } from './desk.client';
import type { DeskOptions } from './options';
import { fill, pageOfGroups } from './letters';

type Say = (line: string) => void;

/** Goal of the page: a person does not notice the difference. */
const wantedMs = 50;

/** True when both answer the same page; the times are told, not judged. */
export async function runDesk(options: DeskOptions, say: Say): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'steward-bench-'));
  chmodSync(dir, 0o755); // as root, PostgreSQL runs as somebody else and has its folder in there
  const others = ['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway-projector', 'gateway-api'] as const;
  const system = await startSystem({ dataDir: dir, ports: await freePortPlan(), durable: false, without: others });
  try {
    say(machine({ Node: process.version }));
    return await measure(system, options, say);
  } finally {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  }
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
