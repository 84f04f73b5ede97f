/**
 * How long the gateway's own rows are kept. Accepted orders and their idempotency keys have no end: the same key with the same request is
 * answered the same for ever (S4).
 */
import { defineRetention } from '@steward/event-bus';

const hourMs = 3_600_000;

export const gatewayRetentions = [
  defineRetention({
    table: 'document_change',
    keepMs: hourMs,
    because: 'a change row serves a listener that got a batch too big for its NOTIFY; an hour is far beyond any such delay',
    statement: 'delete from document_change where id in (select id from document_change where changed_at < $1 order by changed_at limit $2 for update skip locked)',
  }),
  defineRetention({
    table: 'cancellation',
    keepMs: 24 * hourMs,
    because: 'whoever asks once more within a minute asks for the same; later they mean it again',
    statement: 'delete from cancellation where order_id in (select order_id from cancellation where requested_at < $1 limit $2 for update skip locked)',
  }),
  defineRetention({
    table: 'cart_reservation',
    keepMs: 30 * 24 * hourMs,
    because: 'nothing is held any more when its time is over, and by then a shopper has long been told what became of it; an order that took it over stands by itself',
    statement: 'delete from cart_reservation where reservation_id in (select reservation_id from cart_reservation where expires_at < $1 order by expires_at limit $2 for update skip locked)',
  }),
  defineRetention({
    table: 'webhook',
    keepMs: 30 * 24 * hourMs,
    because: 'what an endpoint was told is deleted then; what it could not be told is counted, so that somebody sees it, and the next change of the order tells it anew',
    statement: 'delete from webhook where (endpoint, order_id) in (select endpoint, order_id from webhook where given_up_at < $1 limit $2 for update skip locked)',
  }),
];
