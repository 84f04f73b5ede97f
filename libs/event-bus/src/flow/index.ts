export { type Flow, FlowBoard, promiseOf } from './flow-board';
export { Flows1794000000000 } from './flow.migration';
export { type By as FlowActor, mayFlow, type Pause, pauseFlow, resumeFlow } from './flow.store';
export { FlowSwitch } from './flow-switch';
export { flowsModule } from './flows.controller';
export { openFlows } from './open-flows';
export { Rate } from './rate';
