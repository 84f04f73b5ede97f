import { conformance } from '@steward/conformance';
import { erp } from '../erp.adapter';
import { profile } from './tryton.profile.fixture.spec';

conformance(erp, 'tryton', profile);
