import { type Contract, currentContracts } from '@steward/contracts';
import { type ArrowCheck, defineCheck } from '../check/define-check';

/** Every arrow of a state that a system announces and a service keeps. What a service tells of its own tables is told again by itself. */
export const arrows: readonly ArrowCheck[] = currentContracts.filter(isCompared).flatMap((contract) =>
  contract.systems.flatMap((owner) =>
    contract.consumers
      .filter(({ purpose, service, from }) => purpose === 'projection' && service !== owner && from.includes(owner))
      .map(({ service, builds }) => defineCheck<ArrowCheck>({ kind: 'arrow', name: `${contract.entity}: ${owner} → ${service}`, contract, owner, holder: service, durable: `${service}-${builds}` })),
  ),
);

function isCompared(contract: Contract): boolean {
  return contract.kind === 'state' && !contract.told;
}
