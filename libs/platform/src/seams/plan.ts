// The little language of STEWARD_FAULTS: "commit=crash-after@0.01,handler=throw-before#3,seed=7".
import { StewardError } from '../errors/steward-error';
import { randomFrom } from './random';

export const seams = ['commit', 'publish-ack', 'delivery', 'handler', 'external-call', 'effect-submit', 'effect-read-back', 'effect-commit', 'release-step'] as const;
export type Seam = (typeof seams)[number];

const faults = ['throw-before', 'throw-after', 'hang', 'crash-before', 'crash-after'] as const;
export type Fault = (typeof faults)[number];

export interface PlannedFault {
  readonly seam: Seam;
  readonly fault: Fault;
  /** Decides anew at each passage of the seam. */
  readonly strikes: () => boolean;
}

const entryForm = /^([a-z-]+)=([a-z-]+)(?:@(0?\.\d+|[01](?:\.\d+)?)|#([1-9]\d*))?$/;
export const faultsAccepted = `<seam>=<fault>[@probability|#nth], separated by commas, and seed=<number>; seams: ${seams.join(' ')}; faults: ${faults.join(' ')}`;

/** Reads the text; throws ENV_INVALID with the entry that can't be read. */
export function parseFaults(text: string): readonly PlannedFault[] {
  const entries = text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
  const seed = entries.find((entry) => /^seed=\d+$/.test(entry));
  // Without a seed every run strikes elsewhere; a printed seed makes a kill schedule repeatable (T4).
  const random = seed === undefined ? Math.random : randomFrom(Number(seed.slice(5)));
  return entries.filter((entry) => entry !== seed).map((entry) => parseEntry(entry, random));
}

function parseEntry(entry: string, random: () => number): PlannedFault {
  const [, seamText, faultText, probability, nth] = entryForm.exec(entry) ?? [];
  const seam = seams.find((each) => each === seamText);
  const fault = faults.find((each) => each === faultText);
  if (seam === undefined || fault === undefined) throw new StewardError('ENV_INVALID', `${JSON.stringify(entry)} is not a fault`, { place: 'STEWARD_FAULTS', accepted: faultsAccepted });
  if (nth !== undefined) {
    let passages = 0;
    const wanted = Number(nth);
    return { seam, fault, strikes: () => ++passages === wanted };
  }
  const chance = probability === undefined ? 1 : Number(probability);
  return { seam, fault, strikes: () => random() < chance };
}
