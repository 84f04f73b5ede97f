import type { Feature } from './api/feature';
import { auditFeature } from './audit/audit.feature';
import { casesFeature } from './cases/cases.feature';
import { eventsFeature } from './events/events.feature';
import { flowsFeature } from './flows/flows.feature';
import { jobsFeature } from './jobs/jobs.feature';
import { lettersFeature } from './letters/letters.feature';
import { ownLettersFeature } from './letters/own-letters.feature';
import { notifierFeature } from './notifier/notifier.feature';
import { overviewFeature } from './overview/overview.feature';
import { refundsFeature } from './refunds/refunds.feature';
import { releasesFeature } from './releases/releases.feature';
import { runbooksFeature } from './runbooks/runbooks.feature';
import { secondPersonFeature } from './second-person/second-person.feature';
import { traceFeature } from './trace/trace.feature';

/** What the API of operations consists of, one folder each. */
export const features: readonly Feature[] = [overviewFeature, secondPersonFeature, lettersFeature, ownLettersFeature, casesFeature, flowsFeature, traceFeature, eventsFeature, notifierFeature, jobsFeature, runbooksFeature, releasesFeature, refundsFeature, auditFeature];
