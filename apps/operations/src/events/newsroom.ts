/** Hands what has changed to whoever listens in this process; after a lost connection everybody is told to look at everything. */
import { listenTo, type Listener, type Logger } from '@steward/platform';
import { NEWS_CHANNEL, type News } from './news';

export type Heard = News | 'all';

export class Newsroom {
  private readonly hearers = new Set<(heard: Heard) => void>();
  private listener: Listener | undefined;

  constructor(private readonly parts: { readonly databaseUrl: string; readonly logger: Logger }) {}

  async start(): Promise<void> {
    const { databaseUrl, logger } = this.parts;
    const channels = { [NEWS_CHANNEL]: (payload: string) => (JSON.parse(payload) as News[]).forEach((news) => this.say(news)) };
    this.listener = await listenTo(databaseUrl, channels, { name: 'operations', logger, onReconnect: () => this.say('all') });
  }

  async stop(): Promise<void> {
    await this.listener?.stop();
  }

  /** Returns the unsubscriber. */
  hear(hearer: (heard: Heard) => void): () => void {
    this.hearers.add(hearer);
    return () => void this.hearers.delete(hearer);
  }

  private say(heard: Heard): void {
    for (const hearer of [...this.hearers]) hearer(heard);
  }
}
