export { closeApplied, closeSuperseded, countOpen, headersToRecord, type NewLetter, platformOwner, storeDeadLetters } from './dead-letter.store';
export { type DeadLetter, type DeadLetterAct, deadLetterEntities } from './dead-letter.entities';
export { toldLetters } from './told-letters';
export type { SourceLetters } from './forecast';
export { type Act, type Acting, classifyRedrive, discard, redrive, skip, type Verdict } from './redrive';
