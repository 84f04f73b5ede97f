export { digestModule } from './digest.controller';
export { differingBuckets } from './digest';
