import { conformance } from '@steward/conformance';
import { crm } from '../crm.adapter';
import { profile } from './odoo.profile.fixture.spec';

conformance(crm, 'odoo', profile);
