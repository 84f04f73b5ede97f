'use strict';
const { defineMiddlewares } = require('@medusajs/framework/http');

// An order has up to 200 lines; Medusa takes 100 kB where nothing else is said.
exports.default = defineMiddlewares({ routes: [{ matcher: '/admin/steward/orders', methods: ['POST'], bodyParser: { sizeLimit: '2mb' } }] });
