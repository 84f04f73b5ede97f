/**
 * One order, as it is described: nothing of it is priced or taxed here. Medusa's own ways of making an order can't do that: a draft
 * order takes neither tax lines nor prices that hold their tax, and a cart is priced from the catalogue.
 * What it makes is undone when a later step fails.
 */
'use strict';
const { decorateCartTotals, MathBN, MedusaError, OrderWorkflowEvents } = require('@medusajs/framework/utils');
const { createStep, createWorkflow, StepResponse, transform, WorkflowResponse } = require('@medusajs/framework/workflows-sdk');
const { createOrdersStep, emitEventStep, findSalesChannelStep } = require('@medusajs/medusa/core-flows');

const refused = (message) => new MedusaError(MedusaError.Types.NOT_ALLOWED, message);

/** The region that sells to this country in this currency: in Medusa a country is in one region at most. */
const findRegionStep = createStep('steward-find-region', async ({ country_code, currency_code }, { container }) => {
  const { data } = await container.resolve('query').graph({ entity: 'region', fields: ['id', 'currency_code'], filters: { countries: { iso_2: country_code } } });
  const region = data.find((each) => each.currency_code === currency_code);
  if (region === undefined) throw refused(`no region sells to ${country_code} in ${currency_code}`);
  return new StepResponse(region.id);
});

/** By Medusa's own arithmetic, before there is anything to undo. */
const checkTotalStep = createStep('steward-check-total', async ({ order, total }) => {
  const { items, shipping_methods, currency_code } = structuredClone(order);
  const computed = decorateCartTotals({ items, shipping_methods, currency_code }).total;
  // It divides with 20 digits and rounds nothing.
  if (MathBN.gt(MathBN.abs(MathBN.sub(computed, total)), 1e-9)) throw refused(`it comes to ${computed} and was promised for ${total}`);
  return new StepResponse();
});

exports.placeOrderWorkflow = createWorkflow('steward-place-order', (input) => {
  const channel = findSalesChannelStep({ salesChannelId: input.sales_channel_id });
  const regionId = findRegionStep({ country_code: input.order.shipping_address.country_code, currency_code: input.order.currency_code });
  checkTotalStep(input);
  const drafts = transform({ input, channel, regionId }, (given) => [{ ...given.input.order, region_id: given.regionId, sales_channel_id: given.channel?.id, status: 'pending', is_draft_order: false }]);
  const orders = createOrdersStep(drafts);
  const placed = transform({ orders }, (given) => ({ id: given.orders[0].id }));
  emitEventStep({ eventName: OrderWorkflowEvents.PLACED, data: placed });
  return new WorkflowResponse(placed);
});
