// service.json of a chart: what its templates need to know and no value should change.
import { STREAMS_ACCOUNT } from '@steward/contracts';
import { describeVariable } from '@steward/platform';
import { durablesOf, type Service, setElsewhere, withheld } from './services';
import { isSecret, type Shape } from './variables';

interface Split {
  readonly plain: readonly string[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const hidden = new Set<string>([...withheld, ...setElsewhere]);

/** Names of a shape by where their values belong: into `env`, or into the Secret. */
export function split(shape: Shape, managed: Readonly<Record<string, string>> = {}): Split {
  const offered = Object.entries(shape).filter(([name]) => !(name in managed) && !hidden.has(name));
  const secrets = offered.filter(([name, schema]) => isSecret(name, schema));
  const names = (entries: readonly (readonly [string, unknown])[]): string[] => entries.map(([name]) => name).toSorted();
  return {
    plain: names(offered.filter(([name, schema]) => !isSecret(name, schema))),
    required: names(secrets.filter(([, schema]) => isNeeded(schema))),
    optional: names(secrets.filter(([, schema]) => !isNeeded(schema))),
  };
}

/** A chart is for production. */
function isNeeded(schema: Shape[string]): boolean {
  const { required, neededInProduction } = describeVariable(schema);
  return required || neededInProduction !== undefined;
}

export function factsOf(service: Service): object {
  const { shape, connectors } = service.variables();
  const { required, optional } = split(shape, service.managed);
  const vendors = Object.entries(connectors).map(([vendor, own]) => {
    const secrets = split(own, service.managed);
    return [vendor, { required: secrets.required, optional: secrets.optional }];
  });
  return {
    main: `apps/${service.app}/dist/${service.main}`,
    ports: service.ports,
    managed: service.managed,
    probes: service.probes,
    ...(service.public === undefined ? {} : { public: service.public }),
    migrates: service.migrates,
    metrics: service.metrics,
    ...(service.scratch === undefined ? {} : { scratch: service.scratch }),
    secrets: { required, optional },
    ...(vendors.length === 0 ? {} : { connectors: Object.fromEntries(vendors) }),
    streamsAccount: STREAMS_ACCOUNT,
    durables: durablesOf(service.name),
  };
}
