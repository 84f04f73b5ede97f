export { readBacklog } from './backlog';
export { Heart, type HeartOptions, releaseOf } from './heart';
export { LivingProcesses1799000000000 } from './living.migration';
export { backlogModule } from './release.controller';
