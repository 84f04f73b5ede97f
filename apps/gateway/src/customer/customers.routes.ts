import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RejectedError } from '@steward/platform';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { waitMsOf } from '../checkout/prefer';
import { customerOf } from '../identity/identity';
import { readBody } from '../input/body';
import { jsonBody } from '../input/json-body';
import { onlyKnown } from '../storefront/arguments';
import { sendRefusal } from '../storefront/problem';
import { sendPrivate } from '../storefront/send';
import { erase, register, update, type Accounts, type Told } from './account';
import { registerInput, updateInput } from './customer.input';
import { toCustomerView } from './customer-view';
import { findCustomer } from './customers.queries';

/** One address: a customer has only their own account, and whose it is says the token. */
export async function customerRoutes(app: FastifyInstance, accounts: Accounts, limit: CheckoutLimit): Promise<void> {
  await app.register(async (scope) => {
    jsonBody(scope);

    scope.get('/v1/customer', async (request, reply) => {
      const { customerId } = customerOf(request.identity);
      onlyKnown(request.query as Record<string, unknown>, []);
      const found = await findCustomer(accounts.database, customerId);
      if (found === undefined) throw unknownCustomer();
      return sendPrivate(reply, 200, { customer: toCustomerView(found) });
    });

    scope.put('/v1/customer', async (request, reply) => {
      const { customerId, waitMs } = asked(request, reply);
      const input = readBody(request.body, registerInput);
      return input.ok ? sendTold(reply, await register(accounts, customerId, input.value, waitMs)) : sendRefusal(reply, input);
    });

    scope.patch('/v1/customer', async (request, reply) => {
      const { customerId, waitMs } = asked(request, reply);
      const input = readBody(request.body, updateInput);
      return input.ok ? sendTold(reply, await update(accounts, customerId, input.value, waitMs)) : sendRefusal(reply, input);
    });

    scope.delete('/v1/customer', async (request, reply) => {
      const { customerId, waitMs } = asked(request, reply);
      const { done } = await erase(accounts, customerId, waitMs);
      return done ? reply.code(204).header('cache-control', 'no-store').send() : sendPrivate(reply, 202, { customer: null });
    });
  });

  function asked(request: FastifyRequest, reply: FastifyReply): { customerId: string; waitMs: number } {
    const customer = customerOf(request.identity);
    onlyKnown(request.query as Record<string, unknown>, []);
    limit.take(customer, request, reply);
    const waitMs = waitMsOf(request.headers.prefer);
    void reply.header('preference-applied', `wait=${String(waitMs / 1_000)}`);
    return { customerId: customer.customerId, waitMs };
  }
}

/** 202: asked for, and the customer as they are known until the CRM answers. */
function sendTold(reply: FastifyReply, { done, customer }: Told): FastifyReply {
  return sendPrivate(reply, done ? 200 : 202, { customer: customer === undefined ? null : toCustomerView(customer) });
}

function unknownCustomer(): RejectedError {
  return new RejectedError('CUSTOMER_UNKNOWN', 'nothing is known of this customer yet', { place: 'authorization', accepted: 'a customer who has registered' });
}
