// Everything in docs/ that is made from the code for the site alone, by path below docs/. None of it is committed, so none of it is stale.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docs, repository } from '../repository';
import { storefrontSchema } from './apis';
import { renderAsyncApi } from './asyncapi';
import { renderCommands } from './commands';
import { renderDecisions, renderRunbooks } from './folder-pages';
import { renderGraphql } from './graphql';
import { type OpenApi, renderOpenApi } from './openapi';
import { renderPromises, rulesIn, unproven } from './promises';
import { specTitles } from './spec-titles';

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

interface Apis {
  readonly storefront: OpenApi;
  readonly operations: OpenApi;
}

export function generatedPages({ storefront, operations }: Apis): ReadonlyMap<string, string> {
  const rules = rulesIn(read('docs/correctness.md'));
  const titles = specTitles(repository);
  const missing = unproven(rules, titles);
  if (missing.length > 0) throw new Error(`docs/correctness.md promises what no test names: ${missing.join(', ')}; accepted: a title of a test with the number of the rule`);
  const asyncapi = read('docs/asyncapi.yaml');
  const graphql = storefrontSchema();
  return new Map([
    ['adr/index.md', renderDecisions(docs)],
    ['runbooks/index.md', renderRunbooks(docs)],
    ['reference/index.md', index],
    ['reference/promises.md', renderPromises(rules, titles)],
    ['reference/storefront-rest.md', renderOpenApi('Storefront: REST', storefront, 'storefront.openapi.json')],
    ['reference/storefront-graphql.md', renderGraphql('Storefront: GraphQL', graphql, 'storefront.graphql')],
    ['reference/operations-rest.md', renderOpenApi('Operations: REST', operations, 'operations.openapi.json')],
    ['reference/messages.md', renderAsyncApi('Messages', asyncapi, 'asyncapi.yaml')],
    ['reference/commands.md', renderCommands()],
    // As files of their own, for other tools.
    ['public/storefront.openapi.json', json(storefront)],
    ['public/operations.openapi.json', json(operations)],
    ['public/storefront.graphql', graphql],
    ['public/asyncapi.yaml', asyncapi],
  ]);
}

const index = `# Reference

Made from the code when the site is built.

- [Storefront: REST](storefront-rest.md) and [GraphQL](storefront-graphql.md): what the gateway answers
- [Operations: REST](operations-rest.md): the desk, \`/ops/v1\`
- [Commands](commands.md): the desk at a terminal, \`npx steward\`
- [Messages](messages.md): what travels over the broker; what a message holds is on the page of [its contract](../contracts.md)
- [Values of the Helm charts](../helm-values.md), [error codes](../errors.md), [what each connector proved](../vendors.md)
- [What is promised, and how it is tested](promises.md)
`;
