import { conformance } from '@steward/conformance';
import { atTheDesk } from '../fixtures/writings.fixture.spec';
import { profile } from './sandbox.profile.fixture.spec';

conformance(atTheDesk, 'sandbox', profile);
