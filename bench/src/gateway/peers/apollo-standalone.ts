// Apollo Server with the small server of its own that its documentation recommends for prototypes.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { resolversOver, typeDefs, type View } from './schema';

process.once('message', (views: Map<string, View>) => {
  const server = new ApolloServer({ typeDefs, resolvers: resolversOver(views) });
  void startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } }).then(({ url }) => process.send?.(Number(new URL(url).port)));
});
process.on('disconnect', () => process.exit());
