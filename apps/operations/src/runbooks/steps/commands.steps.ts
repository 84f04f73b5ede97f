/** Commands of ours, through their contracts: what is asked of the owner lies in our outbox when the step is done. */
import { cancelOrder, type Contract, contracts, eraseCustomer } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { z } from 'zod';
import { defineStep, done, failed, type StepContext, type StepResult } from '../step';

const text = z.string().min(1).max(300);
const system = 'operations';

/** The outbox row and the record of the step commit together: the command is sent once, however often the step was begun. */
function commanded<T>({ actId }: StepContext, contract: Contract<T>, key: string, data: T): StepResult {
  const problems = contract.validateProduced(data);
  if (problems.length > 0) return failed(problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; '));
  return { state: 'done', detail: `${contract.entity} of ${key} is in the outbox`, commit: async (tx) => void (await appendEvents(tx, [{ contract, system, key, data, correlationId: actId }])) };
}

export const commandSteps = [
  defineStep({
    name: 'cancel-order',
    acts: true,
    args: z.strictObject({ orderId: text }),
    run: async (context, { orderId }) => commanded(context, cancelOrder, orderId, { orderId, requestedAt: context.since.toISOString(), requestedBy: 'operator', reason: null }),
  }),
  defineStep({
    name: 'erase-customer',
    acts: true,
    args: z.strictObject({ customerId: text }),
    run: async (context, { customerId }) => commanded(context, eraseCustomer, customerId, { customerId, requestedAt: context.since.toISOString(), requestedBy: 'operator' }),
  }),
  defineStep({
    name: 'person-says',
    acts: false,
    args: z.strictObject({ done: text }),
    // The run stands until somebody resumes it with a reason, which is the word that is waited for.
    run: async ({ resumed }, { done: what }) => (resumed > 0 ? done(`a person says: ${what}`) : failed(`waits for a person; resume the run when ${what}`)),
  }),
  defineStep({
    name: 'contract-known',
    acts: false,
    args: z.strictObject({ entity: text }),
    run: async (_context, { entity }) => {
      const found = contracts.filter((contract) => contract.entity === entity);
      const [first] = found;
      if (first === undefined) return failed(`no contract has the name ${entity}`);
      const majors = found.map(({ major }) => `v${String(major)}`).join(', ');
      return done(`${entity} ${majors}, said by ${first.systems.join(', ')}, read by ${first.consumers.map(({ service }) => service).join(', ')}`, { majors, systems: first.systems, consumers: first.consumers, owner: first.owner });
    },
  }),
];
