export { Lease, type LeaseOptions } from './lease';
