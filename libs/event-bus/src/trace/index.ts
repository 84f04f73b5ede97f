export { traceModule } from './trace.controller';
