import { conformance } from '@steward/conformance';
import { atTheDesk } from '../fixtures/writings.fixture.spec';
import { profile } from './medusa.profile.fixture.spec';

conformance(atTheDesk, 'medusa', profile);
