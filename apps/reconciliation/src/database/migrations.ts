import { AnnouncedAgain1796000000000, consumerMigrations, Flows1794000000000, outboxMigrations, Rebuilds1790000005000 } from '@steward/event-bus';
import { ReconciliationTables1795000000000 } from './reconciliation.migration';
import { DriftTold1798000000000 } from './told.migration';

export const migrations = [...outboxMigrations, ...consumerMigrations, Rebuilds1790000005000, Flows1794000000000, ReconciliationTables1795000000000, AnnouncedAgain1796000000000, DriftTold1798000000000];
