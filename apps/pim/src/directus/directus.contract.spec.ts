import { conformance } from '@steward/conformance';
import { pim } from '../pim.adapter';
import { profile } from './directus.profile.fixture.spec';

conformance(pim, 'directus', profile);
