export { defineTold, type Told } from './define-told';
export { answerSnapshot, snapshotModule } from './snapshot.controller';
export { type SnapshotRow, type SnapshotRows, toldSnapshotRows, touchTold } from './told.store';
export { tellTable, ToldStates1795000000000, untellTable } from './told.migration';
