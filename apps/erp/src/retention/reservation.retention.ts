/**
 * The reservation itself stays for ever: it is the answer to whoever asks once more for the stock of this order. What it did to the ledger goes
 * when it is over and comes to nothing, in each line at each place: the sums by SKU are those of before (S2).
 */
import { defineRetention } from '@steward/event-bus';

const keepMs = 90 * 86_400_000;

const ledgerRetention = defineRetention({
  table: 'reservation_ledger',
  keepMs,
  because: 'an order that is over moves stock again only when a shipment of it is cancelled or comes back, and whoever counts stock after a quarter counts by the ERP',
  // Whoever moves stock of an order has its row locked, so an order that something is happening to is left for the next time.
  statement: `with over as (
      select r.order_id from reservation r join (select distinct order_id from reservation_ledger where at < $1) l using (order_id)
      where r.ended_at < $1 and not exists (
        select from reservation_ledger e where e.order_id = r.order_id group by e.line_id, e.sku, e.location having sum(e.quantity) <> 0)
      limit $2 for update of r skip locked)
    delete from reservation_ledger e using over where e.order_id = over.order_id`,
});

const leavingRetention = defineRetention({
  table: 'leaving',
  keepMs,
  because: 'goods of an order that is over were taken off their stock level; told of once more, their shipment finds nothing that the order still holds',
  statement: `with over as (
      select r.order_id from reservation r join (select distinct order_id from leaving where settled_at < $1) l using (order_id)
      where r.ended_at < $1 and not exists (select from leaving e where e.order_id = r.order_id and (e.settled_at is null or e.settled_at >= $1))
      limit $2 for update of r skip locked)
    delete from leaving e using over where e.order_id = over.order_id`,
});

export const reservationRetentions = [ledgerRetention, leavingRetention];
