export { readBacklog } from './backlog';
export { Heartbeat, type HeartbeatOptions, releaseOf } from './heartbeat';
export { LivingProcesses1799000000000 } from './living.migration';
export { backlogModule } from './release.controller';
