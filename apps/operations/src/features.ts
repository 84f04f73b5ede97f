import type { Feature } from './api/feature';
import { auditFeature } from './audit/audit.feature';

/** What the API of operations consists of, one folder each. */
export const features: readonly Feature[] = [auditFeature];
