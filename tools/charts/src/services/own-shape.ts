import type { Service } from './services';
import { adapterOf, fromModule, type Shape } from './variables';

/** The shape that the service itself reads at its start, for the specs that hand it an environment. */
export function ownShape(service: Service, vendor: string | undefined): Shape {
  const { shape, connectors } = service.variables();
  if (Object.keys(connectors).length === 0) return shape;
  const adapterShape = fromModule<(adapter: object, vendor: string | undefined) => Shape>(['libs', 'adapter-kit', 'service', 'adapter-env'], 'adapterShape');
  return adapterShape(adapterOf(service.app), vendor);
}
