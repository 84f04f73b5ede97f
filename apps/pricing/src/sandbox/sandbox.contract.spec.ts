import { conformance } from '@steward/conformance';
import { pricing } from '../pricing.adapter';
import { profile } from './sandbox.profile.fixture.spec';

conformance(pricing, 'sandbox', profile);
