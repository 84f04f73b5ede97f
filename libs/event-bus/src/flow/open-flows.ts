import type { Database, Runtime } from '@steward/platform';
import { FlowBoard, type FlowBoardOptions } from './flow-board';
import { FlowSwitch } from './flow-switch';

interface FlowsOptions extends Pick<FlowBoardOptions, 'dependencies'> {
  readonly database: Database;
  readonly databaseUrl: string;
}

/** What of a service is paused, and the board on which its flows are shown, registered with shutdown. */
export async function openFlows({ clock, logger, shutdown }: Pick<Runtime, 'clock' | 'logger' | 'shutdown'>, { databaseUrl, ...options }: FlowsOptions): Promise<{ readonly flowSwitch: FlowSwitch; readonly board: FlowBoard }> {
  const flowSwitch = new FlowSwitch({ database: options.database, databaseUrl, clock, logger });
  shutdown.onClose('flows', () => flowSwitch.stop());
  await flowSwitch.start();
  const board = new FlowBoard({ ...options, flowSwitch, logger, now: () => clock.now() });
  shutdown.onClose('flow board', () => board.close());
  return { flowSwitch, board };
}
