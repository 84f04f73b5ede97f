export { closeApplied, closeSuperseded, countOpen, headersToRecord, type NewLetter, platformOwner, storeDeadLetters } from './dead-letter.store';
export { type DeadLetter, type DeadLetterAct, deadLetterActEntity, deadLetterEntities, deadLetterEntity } from './dead-letter.entities';
export { fingerprintOf } from './fingerprint';
export { type Act, classifyRedrive, discard, redrive, type Verdict } from './redrive';
