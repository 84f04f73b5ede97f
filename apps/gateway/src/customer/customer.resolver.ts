import type { MercuriusContext } from 'mercurius';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { secondsToMs } from '../checkout/prefer';
import type { Execution } from '../graphql/resolvers';
import { userErrorsOf } from '../graphql/user-errors';
import { customerOf } from '../identity/identity';
import { readInput, type Read } from '../input/body';
import { erase, register, update, type Accounts, type Told } from './account';
import { registerInput, updateInput } from './customer.input';
import { toCustomerView } from './customer-view';
import { findCustomer, type FoundCustomer } from './customers.queries';

interface Waiting {
  waitSeconds: number | null;
}

interface Given extends Waiting {
  input: { consents?: readonly { purpose: string }[] | null };
}

export function customerResolvers(accounts: Accounts, limit: CheckoutLimit) {
  const asking = (execution: Execution): string => {
    const customer = customerOf(execution.request.identity);
    limit.take(customer, execution.request, execution.reply);
    return customer.customerId;
  };
  const told = ({ done, customer }: Told) => ({ done, customer: shown(customer), userErrors: [] });
  const refused = (read: Read<unknown> & { ok: false }) => ({ done: false, customer: null, userErrors: userErrorsOf(read, 'input') });

  return {
    Query: {
      customer: async (_root: unknown, _args: unknown, { execution }: MercuriusContext) => {
        execution.storable = false;
        execution.personal = true;
        return shown(await findCustomer(accounts.database, customerOf(execution.request.identity).customerId));
      },
    },
    Mutation: {
      registerCustomer: async (_root: unknown, { input, waitSeconds }: Given, { execution }: MercuriusContext) => {
        const customerId = asking(execution);
        const read = readInput(inOurWords(input), registerInput);
        return read.ok ? told(await register(accounts, customerId, read.value, secondsToMs(waitSeconds))) : refused(read);
      },
      updateCustomer: async (_root: unknown, { input, waitSeconds }: Given, { execution }: MercuriusContext) => {
        const customerId = asking(execution);
        const read = readInput(inOurWords(input), updateInput);
        return read.ok ? told(await update(accounts, customerId, read.value, secondsToMs(waitSeconds))) : refused(read);
      },
      eraseCustomer: async (_root: unknown, { waitSeconds }: Waiting, { execution }: MercuriusContext) => told(await erase(accounts, asking(execution), secondsToMs(waitSeconds))),
    },
  };
}

/** Enums are upper case in GraphQL. */
function inOurWords(input: Given['input']): object {
  const { consents } = input;
  return consents === undefined || consents === null ? input : { ...input, consents: consents.map((each) => ({ ...each, purpose: each.purpose.toLowerCase().replaceAll('_', '-') })) };
}

function shown(found: FoundCustomer | undefined) {
  if (found === undefined) return null;
  const view = toCustomerView(found);
  return { ...view, consents: view.consents.map((each) => ({ ...each, purpose: each.purpose.toUpperCase().replaceAll('-', '_') })) };
}
