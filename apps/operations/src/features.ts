import type { Feature } from './api/feature';
import { auditFeature } from './audit/audit.feature';
import { casesFeature } from './cases/cases.feature';
import { eventsFeature } from './events/events.feature';
import { lettersFeature } from './letters/letters.feature';
import { notifierFeature } from './notifier/notifier.feature';

/** What the API of operations consists of, one folder each. */
export const features: readonly Feature[] = [lettersFeature, casesFeature, eventsFeature, notifierFeature, auditFeature];
