import type { DynamicModule } from '@nestjs/common';
import { traceSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { doorModule } from '../broker/door';
import { readTrace } from './trace';

/** The door to what one service knows about an entity; only operations may ask. */
export const traceModule = (service: string, database: () => Database | undefined): DynamicModule => doorModule(traceSubject(service), database, (open, asked) => readTrace(open, service, asked));
