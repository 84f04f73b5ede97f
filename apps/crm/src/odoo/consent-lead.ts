/**
 * A consent to marketing is a lead: sales works with those that are there and not archived. What was said, when and where stands in
 * its description, in a line that only this file writes and reads.
 */
import type { Consent } from '../customer/consents';
import { consentName } from './external-ids';
import type { OdooCustomer, OdooLead } from './odoo.wire';

type MarketingConsent = OdooCustomer['consents'][number];
type MarketingPurpose = MarketingConsent['purpose'];

const titles: Readonly<Record<MarketingPurpose, string>> = { 'marketing-email': 'Newsletter', 'marketing-phone': 'Calls' };
const line = /^Steward: (granted|withdrawn) (\S+) (.+)$/m;

/** Odoo has no place for a consent to profiling. */
export const isMarketing = (consent: Consent): consent is Consent & MarketingConsent => consent.purpose !== 'profiling';

export const leadColumns = ['id', 'name', 'type', 'partner_id/.id', 'description', 'active'] as const;

export function leadRow(module: string, customerId: string, partnerId: number, { purpose, granted, at, source }: MarketingConsent): string[] {
  return [`${module}.${consentName(customerId, purpose)}`, titles[purpose], 'lead', String(partnerId), `Steward: ${granted ? 'granted' : 'withdrawn'} ${at} ${source}`, granted ? '1' : '0'];
}

/** A clerk who archives a lead, or brings it back, says something newer than its description; undefined when it is none of ours. */
export function consentOf(name: string, lead: OdooLead): MarketingConsent | undefined {
  const purpose = name.slice(name.lastIndexOf('~') + 1);
  if (purpose !== 'marketing-email' && purpose !== 'marketing-phone') return undefined;
  const [, word, at, source] = line.exec(lead.description ?? '') ?? [];
  if (word === undefined || at === undefined || source === undefined || (word === 'granted') !== lead.active) {
    return { purpose, granted: lead.active, at: `${lead.write_date.replace(' ', 'T')}Z`, source: 'crm' };
  }
  return { purpose, granted: lead.active, at, source };
}
