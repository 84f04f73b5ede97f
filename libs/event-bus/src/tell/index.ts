export { AnnouncedAgain1796000000000 } from './again.migration';
export { announceOnce, announcedKey, announceToldAgain, type AnnouncingAgain, refuseSource, tellAgain, unannounced } from './announce-again';
export { type AnnounceAgain, announceAgainModule, answerAnnounceAgain } from './announce-again.controller';
export { defineTold, type Told } from './define-told';
export { answerSnapshot, answerSnapshotCount, snapshotModule } from './snapshot.controller';
export { addressesOf, saidIn, snapshotOf, type SnapshotRow, type SnapshotRows, toldSnapshotRows, touchTold } from './told.store';
export { tellTable, ToldStates1795000000000, untellTable } from './told.migration';
