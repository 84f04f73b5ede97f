export type { Command, Given } from './command';
export { commands, run, type Surroundings } from './program';
