/** What others may ask of an adapter; until it has opened its parts it answers that it is still starting. */
import type { DynamicModule } from '@nestjs/common';
import { contracts } from '@steward/contracts';
import {
  type Acting, backlogModule, digestModule, evidenceModule, type FlowBoard, flowsModule, lettersModule, rebuildModule, snapshotModule, type SnapshotRows, toldSnapshotRows, traceModule,
} from '@steward/event-bus';
import type { Database } from '@steward/platform';
import { snapshotRows } from '../announce/announced.store';
import { doorsModule, type OpenDoors } from '../doors/doors.controller';
import { heldModule } from './held.controller';
import { readSourceEvidence } from './source-evidence';

/** What answers are made of. */
export interface Answering {
  readonly database: Database;
  readonly doors: OpenDoors;
  readonly board: FlowBoard;
  readonly letters: Acting;
}

class Questions {}

export function questionsModule(service: string, parts: () => Answering | undefined): DynamicModule {
  const database = () => parts()?.database;
  return {
    module: Questions,
    imports: [
      snapshotModule(service, database, rowsOf),
      heldModule(service, database),
      digestModule(service, tableOf(service), database),
      rebuildModule(service, database),
      evidenceModule(service, tableOf(service), database, readSourceEvidence),
      doorsModule(service, () => parts()?.doors),
      flowsModule(service, () => parts()?.board),
      lettersModule(service, () => parts()?.letters),
      traceModule(service, database),
      backlogModule(service, database),
    ],
  };
}

/** What this service announces is compared with what others hold of it, what it holds of others with what they announce (X1). */
const tableOf = (service: string) => (entity: string) => {
  const contract = contracts.find((each) => each.entity === entity && each.systems.includes(service));
  return contract === undefined ? 'stored_part' : contract.told ? 'told' : 'announced';
};

const saidOf = (entity: string): SnapshotRows => (contracts.some((each) => each.entity === entity && each.told) ? toldSnapshotRows : snapshotRows);
const rowsOf: SnapshotRows = {
  page: (database, entity, after, limit) => saidOf(entity).page(database, entity, after, limit),
  count: (database, entity) => saidOf(entity).count(database, entity),
};
