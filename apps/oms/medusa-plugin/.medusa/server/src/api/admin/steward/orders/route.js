/**
 * GET ?number=                     the order with this number, or none. Medusa's own list knows numbers only as words of a search.
 * GET ?canceled_since=[&after=id]  orders with a number that were cancelled since then, by whomever; 200 at a time, in the order of their ids.
 * POST                             places an order. One that is there already is the answer, however often it is asked for.
 */
'use strict';
const { placeOrderWorkflow } = require('../../../../workflows/place-order.js');

const fields = ['id', 'custom_display_id', 'status', 'total', 'currency_code', 'metadata'];
const page = 200;

async function find(scope, filters, options = {}) {
  const { data } = await scope.resolve('query').graph({ entity: 'order', fields, filters, ...options });
  return data.map(({ id, custom_display_id, status, total, currency_code, metadata }) => ({ id, number: custom_display_id, steward_order_id: metadata?.steward_order_id ?? null, status, total, currency_code }));
}

const byNumber = (scope, number) => find(scope, { custom_display_id: number });

/** Without the number nothing tells a second order from the first, so none is placed. */
async function isNumbered(scope, order, number) {
  const generate = scope.resolve('configModule').modules?.order?.options?.generateCustomDisplayId;
  return typeof generate === 'function' && (await generate(order)) === number;
}

const unreadable = (res, message) => res.status(400).json({ type: 'invalid_data', message });

exports.GET = async ({ query: { number, canceled_since: since, after }, scope }, res) => {
  if (typeof number === 'string') return res.json({ orders: await byNumber(scope, number) });
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return unreadable(res, 'accepted: number, or canceled_since with a time');
  const filters = { custom_display_id: { $ne: null }, canceled_at: { $gte: new Date(since) }, ...(typeof after === 'string' ? { id: { $gt: after } } : {}) };
  res.json({ orders: await find(scope, filters, { pagination: { take: page, skip: 0, order: { id: 'ASC' } } }), limit: page });
};

exports.POST = async ({ body, scope }, res) => {
  const { number, order } = body;
  if (typeof number !== 'string' || order?.metadata?.steward_number !== number) return unreadable(res, 'number: it has to be in the metadata of the order too');
  if (!(await isNumbered(scope, order, number))) {
    return res.status(404).json({ type: 'not_installed', message: "give Medusa's order module the option generateCustomDisplayId: require('medusa-plugin-steward/order-number').orderNumber" });
  }
  const answer = ([found]) => {
    if (found.steward_order_id !== null && found.steward_order_id !== order.metadata.steward_order_id) return res.status(422).json({ type: 'number_taken', message: `${number} is another order` });
    return res.json({ order: found });
  };
  const before = await byNumber(scope, number);
  if (before.length > 0) return answer(before);
  try {
    await placeOrderWorkflow(scope).run({ input: body });
  } catch (error) {
    // Somebody else may have placed it meanwhile: the index let one through.
    const meanwhile = await byNumber(scope, number);
    if (meanwhile.length === 0) throw error;
    return answer(meanwhile);
  }
  answer(await byNumber(scope, number));
};
