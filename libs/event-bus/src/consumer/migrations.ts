import { ToldLetters1795000001000 } from '../dead-letter/letters.migration';
import { KeptDigests1797000000000 } from '../digest/digest.migration';
import { LivingProcesses1799000000000 } from '../release/living.migration';
import { ToldStates1795000000000 } from '../tell/told.migration';
import { ConsumerTables1700000002000 } from './gate/consumer.migration';
import { StateMajors1800000000000 } from './gate/majors.migration';

/** Tables of whoever consumes, or keeps letters of what could not be read; what is told of them; what is kept of digests; which processes live; the major of each state. */
export const consumerMigrations = [ConsumerTables1700000002000, ToldStates1795000000000, ToldLetters1795000001000, KeptDigests1797000000000, LivingProcesses1799000000000, StateMajors1800000000000];
