// Who is asked what. Everybody answers from memory what the gateway answered first, and must still do so at the end.
import type { Outcome } from '../yardstick/line';
import { ask, sameBytes, sameData, type Answer } from './answers.client';
import type { KnownAnswer } from './peers/raw';
import type { View } from './peers/schema';
import type { Program } from './program';
import { freePage, restList, restPage, storedPage, type Asked } from './questions';

export type Server = 'gateway' | 'node:http' | 'Apollo on Express' | 'Apollo standalone' | 'GraphQL Yoga';
export type Question = 'GraphQL, stored' | 'GraphQL, free' | 'product page' | 'list page';

/** A server and a question. */
export interface Contest {
  readonly server: Server;
  readonly question: Question;
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What is right, answer by answer, and what counts as the same. */
  readonly right: readonly Answer[];
  readonly same: (one: Answer, other: Answer) => boolean;
  readonly outcomes: Outcome[];
}

export interface Opened {
  readonly contests: readonly Contest[];
  readonly pids: Readonly<Record<string, number>>;
}

/** Those that execute what they are asked. */
const graphqlPeers: readonly [Server, string][] = [
  ['Apollo on Express', 'peers/apollo-express'],
  ['Apollo standalone', 'peers/apollo-standalone'],
  ['GraphQL Yoga', 'peers/yoga'],
];

/** In the order of their slices: what is compared stands side by side. */
export async function openContests(gatewayUrl: string, { skus, categoryIds }: { skus: readonly string[]; categoryIds: readonly string[] }, start: (entry: string) => Program): Promise<Opened> {
  const questions: readonly [Question, readonly Asked[]][] = [
    ['GraphQL, stored', skus.map(storedPage)],
    ['GraphQL, free', skus.map(freePage)],
    ['product page', skus.map(restPage)],
    ['list page', categoryIds.map(restList)],
  ];
  const known = new Map<Question, readonly Answer[]>();
  for (const [question, asked] of questions) known.set(question, await askAll(gatewayUrl, asked));
  const right = (question: Question): readonly Answer[] => known.get(question) ?? [];

  const raw = start('peers/raw');
  raw.say(questions.flatMap(([question]) => right(question).map((answer, index): KnownAnswer => ({ path: rawPath(question, index), ...answer }))));
  const views = new Map(right('product page').map(({ body }, index) => [skus[index] ?? '', JSON.parse(Buffer.from(body).toString()) as View]));
  const executing = graphqlPeers.map(([server, entry]) => ({ server, program: start(entry) }));
  for (const { program } of executing) program.say(views);
  const urlOf = async (peer: Program): Promise<string> => `http://127.0.0.1:${String(await peer.hear<number>())}`;
  const rawUrl = await urlOf(raw);
  const peers = await Promise.all(executing.map(async ({ server, program }) => ({ server, url: await urlOf(program), pid: program.pid })));

  const contests = questions.flatMap(([question, asked]): Contest[] => {
    const contest = (server: Server, url = '', own = asked, same = sameBytes): Contest => ({ server, question, url, asked: own, right: right(question), same, outcomes: [] });
    return [
      contest('node:http', rawUrl, asked.map((each, index) => ({ ...each, path: rawPath(question, index) }))),
      contest('gateway', gatewayUrl),
      ...(question === 'GraphQL, free' ? peers.map(({ server, url }) => contest(server, url, asked, sameData)) : []),
    ];
  });
  return { contests, pids: { 'node:http': raw.pid, ...Object.fromEntries(peers.map(({ server, pid }) => [server, pid])) } };
}

/** A server that knows no products finds its answers by their number. */
const rawPath = (question: Question, index: number): string => `/${encodeURIComponent(question)}/${String(index)}`;

export async function differing({ url, asked, right, same }: Contest): Promise<number> {
  const answers = await askAll(url, asked);
  return answers.filter((answer, index) => !same(answer, right[index] as Answer)).length;
}

async function askAll(url: string, asked: readonly Asked[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const each of asked) answers.push(await ask(url, each));
  return answers;
}
