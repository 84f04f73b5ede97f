export { openLimit } from './yardstick/limit';
export { openNaive } from './yardstick/naive';
export { runPipeline } from './pipeline/pipeline';
