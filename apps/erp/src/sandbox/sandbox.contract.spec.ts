import { conformance } from '@steward/conformance';
import { erp } from '../erp.adapter';
import { profile } from './sandbox.profile.fixture.spec';

conformance(erp, 'sandbox', profile);
