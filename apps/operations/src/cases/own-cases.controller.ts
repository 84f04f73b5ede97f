import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { type SnapshotCount, type SnapshotPage, snapshotSubject } from '@steward/contracts';

/** What operations announces, for whoever rebuilds from it: nothing. Its own cases are in the read model without a broker (broker-loss.ts). */
@Controller()
export class OwnCasesController {
  @MessagePattern(snapshotSubject('operations'))
  snapshot(): SnapshotPage & SnapshotCount {
    return { items: [], next: null, count: 0 };
  }
}
