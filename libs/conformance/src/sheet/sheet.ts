/** The score of one connector: one line a check. */
import { checks, type CheckName } from '../checks/checks';
import type { Trial } from '../stage/trial';

type Result = 'passed' | 'failed' | 'can’t' | 'n/a';

export interface Score {
  readonly check: CheckName;
  readonly result: Result;
  /** Why it can't, why it is none of its business, or what failed. */
  readonly reason: string;
}

export const checkNames = Object.keys(checks) as readonly CheckName[];

export async function score(trial: Trial, check: CheckName): Promise<Score> {
  const work: (trial: Trial) => Promise<void | string> = checks[check];
  const { stage } = trial;
  const { cannot = {} } = stage.options.profile;
  const unknown = Object.keys(cannot).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) throw new TypeError(`the profile excuses what is no check: ${unknown}`);
  const excuse = cannot[check];
  if (excuse !== undefined) return { check, result: 'can’t', reason: excuse };
  try {
    const concernsNobody = await work(trial);
    return typeof concernsNobody === 'string' ? { check, result: 'n/a', reason: concernsNobody } : { check, result: 'passed', reason: '' };
  } catch (error) {
    return { check, result: 'failed', reason: (error as Error).message };
  } finally {
    await stage.endCheck();
  }
}

export function render(title: string, scores: readonly Score[], lacks: readonly string[]): string {
  const count = (wanted: Result): number => scores.filter(({ result }) => result === wanted).length;
  const rows = scores.map(({ check, result, reason }) => `| ${check} | ${result} | ${reason.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`);
  const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('can’t')} can’t, ${count('n/a')} n/a`;
  return [`## ${title}`, '', counts, '', '| check | result | |', '|---|---|---|', ...rows, '', 'What its system can’t do:', '', ...lacks.map((line) => `- ${line}`), ''].join('\n');
}
