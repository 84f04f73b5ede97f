import { conformance } from '@steward/conformance';
import { crm } from '../crm.adapter';
import { profile } from './sandbox.profile.fixture.spec';

conformance(crm, 'sandbox', profile);
