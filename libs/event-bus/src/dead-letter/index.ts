export { closeApplied, closeSuperseded, countOpen, headersToRecord, type NewLetter, platformOwner, storeDeadLetters } from './dead-letter.store';
export { type DeadLetter, type DeadLetterAct, deadLetterActEntity, deadLetterEntities, deadLetterEntity } from './dead-letter.entities';
export { toldLetters } from './told-letters';
export { type Act, classifyRedrive, discard, redrive, type Verdict } from './redrive';
