import type { Step } from './step';
import { besideSteps } from './steps/beside.steps';
import { brokerSteps } from './steps/broker.steps';
import { commandSteps } from './steps/commands.steps';
import { flowSteps } from './steps/flows.steps';
import { heldSteps } from './steps/held.steps';
import { jobSteps } from './steps/jobs.steps';
import { letterSteps } from './steps/letters.steps';
import { rebuildSteps } from './steps/rebuild.steps';
import { traceSteps } from './steps/trace.steps';

/** What the head of a runbook may name. */
export const steps: ReadonlyMap<string, Step> = new Map(
  [...besideSteps, ...brokerSteps, ...commandSteps, ...flowSteps, ...heldSteps, ...jobSteps, ...letterSteps, ...rebuildSteps, ...traceSteps].map((step) => [step.name, step]),
);
