// Apollo Server as its documentation wants it in production: in Express, with the middleware of its example.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express from 'express';
import { resolversOver, typeDefs, type View } from './schema';

process.once('message', (views: Map<string, View>) => void start(views));
process.on('disconnect', () => process.exit());

async function start(views: Map<string, View>): Promise<void> {
  const apollo = new ApolloServer({ typeDefs, resolvers: resolversOver(views) });
  await apollo.start();
  const app = express();
  app.use('/graphql', cors(), express.json(), expressMiddleware(apollo));
  const server = createServer(app);
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
