/** The door to a service's flows: what they do, and pausing them, by whoever the desk of operations has made out (I6). */
import type { DynamicModule } from '@nestjs/common';
import { flowsSubject } from '@steward/contracts';
import { doorModule } from '../broker/door';
import type { FlowBoard } from './flow-board';

export const flowsModule = (service: string, board: () => FlowBoard | undefined): DynamicModule => doorModule(flowsSubject(service), board, (open, asked) => open.answer(asked));
