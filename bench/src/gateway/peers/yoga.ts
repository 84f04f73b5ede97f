// GraphQL Yoga as its documentation starts it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolversOver, typeDefs, type View } from './schema';

process.once('message', (views: Map<string, View>) => {
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers: resolversOver(views) }) });
  const server = createServer((request, response) => void yoga(request, response));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
process.on('disconnect', () => process.exit());
