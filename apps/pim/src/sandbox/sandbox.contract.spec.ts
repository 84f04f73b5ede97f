import { conformance } from '@steward/conformance';
import { pim } from '../pim.adapter';
import { profile } from './sandbox.profile.fixture.spec';

conformance(pim, 'sandbox', profile);
