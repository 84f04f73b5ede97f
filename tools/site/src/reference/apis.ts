// The descriptions that our processes give of themselves, without starting one.
import { exportsOf } from '../repository';
import type { OpenApi } from './openapi';

export const storefrontApi = (): OpenApi => exportsOf('gateway', 'openapi/openapi.document')['openapiDocument'] as OpenApi;

export const storefrontSchema = (): string => exportsOf('gateway', 'graphql/schema')['schema'] as string;

interface Feature {
  readonly open: (parts: object) => { readonly routes: readonly unknown[] };
}

/**
 * Routes are data that a feature returns when it is opened. Opening asks nothing of what it is given, so it may be given nothing: no
 * settings, and a thing that answers to every name and does nothing.
 */
export function operationsApi(): OpenApi {
  const nothing: unknown = new Proxy(() => undefined, { get: (_target, name) => (typeof name === 'string' ? nothing : undefined), apply: () => undefined });
  const parts = { env: {}, database: nothing, ask: nothing, news: nothing, clock: nothing, logger: nothing };
  const features = exportsOf('operations', 'features')['features'] as readonly Feature[];
  const describe = exportsOf('operations', 'api/openapi')['openapiOf'] as (routes: readonly unknown[]) => OpenApi;
  return describe(features.flatMap((feature) => feature.open(parts).routes));
}
