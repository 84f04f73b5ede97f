import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020';

/** ajv as contracts use it: strict, every fault at once, our own keywords known. */
export function createAjv(options: ConstructorParameters<typeof Ajv2020>[0] = {}): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, ...options });
  addFormats(ajv);
  for (const keyword of ['x-authority', 'x-pii', 'x-audience', 'x-freshness', 'x-enum']) ajv.addKeyword(keyword);
  return ajv;
}
