/** What filters can name: a service or an entity that nobody knows is a mistake, and no empty list. */
import { brokerAccess, contracts } from '@steward/contracts';

export const servicesKnown: readonly string[] = brokerAccess.map(({ service }) => service);
export const entitiesKnown: readonly string[] = [...new Set(contracts.map(({ entity }) => entity))].toSorted();
