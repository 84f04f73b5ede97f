export { openLimit } from './yardstick/limit';
export { openNaive } from './yardstick/naive';
export { runPipeline } from './pipeline/pipeline';
export { runGateway } from './gateway/gateway';
