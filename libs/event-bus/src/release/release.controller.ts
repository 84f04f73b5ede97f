import type { DynamicModule } from '@nestjs/common';
import { backlogSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { doorModule } from '../broker/door';
import { readBacklog } from './backlog';

/** The door to what is waiting in a service, by contract version. */
export const backlogModule = (service: string, database: () => Database | undefined): DynamicModule => doorModule(backlogSubject(service), database, (open) => readBacklog(open, service));
