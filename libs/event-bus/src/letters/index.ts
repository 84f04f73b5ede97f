export { answerLetters, lettersModule } from './letters.controller';
