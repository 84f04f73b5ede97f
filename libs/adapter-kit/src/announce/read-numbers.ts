import type { Clock, Database } from '@steward/platform';

/** A read of the source under way: numbered before its request was sent (O7), ended when its outcome is committed or given up. */
export interface Read {
  readonly no: number;
  readonly at: Date;
}

export class ReadNumbers {
  private readonly underWay = new Set<number>();

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly clock: Clock,
  ) {}

  async begin(): Promise<Read> {
    const rows = await this.database.query<{ no: string }>({ name: 'kit-read-no', text: `select nextval('read_no') as no` });
    const no = Number(rows[0]?.no);
    this.underWay.add(no);
    // The request follows at once: its data is at least as new as this moment.
    return { no, at: new Date(this.clock.now()) };
  }

  end(read: Read): void {
    this.underWay.delete(read.no);
  }

  /** Whether data of an earlier read may still arrive. Predecessors in other processes are fenced out by the lease. */
  olderThan(read: Read): boolean {
    for (const no of this.underWay) if (no < read.no) return true;
    return false;
  }
}
