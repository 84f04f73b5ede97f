/**
 * For the option `generateCustomDisplayId` of Medusa's order module: an order that Steward places has Steward's number. Medusa keeps a
 * unique index on it, so a number is given once, however often and from wherever it is placed. Other orders get none, as ever.
 */
'use strict';

exports.orderNumber = async ({ metadata }) => metadata?.steward_number;
