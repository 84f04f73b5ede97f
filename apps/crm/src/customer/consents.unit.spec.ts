import { type Consent, newestConsents } from './consents';

const consent = (granted: boolean, at: string, purpose: Consent['purpose'] = 'marketing-email'): Consent => ({ purpose, granted, at, source: 'x' });

describe('consents', () => {
  it('who said it later holds, whoever told it last', () => {
    const withdrawn = consent(false, '2027-01-02T10:00:00+01:00');
    const given = consent(true, '2027-01-02T08:30:00Z');
    expect([newestConsents([withdrawn, given]), newestConsents([given, withdrawn])]).toEqual([[withdrawn], [withdrawn]]);
    const again = consent(true, '2027-01-02T09:30:00Z');
    expect(newestConsents([again, withdrawn, given])).toEqual([again]);
  });

  it('at the same moment no means no', () => {
    const at = '2027-01-02T08:00:00Z';
    expect(newestConsents([consent(false, at), consent(true, at)])[0]?.granted).toBe(false);
    expect(newestConsents([consent(true, at), consent(false, at)])[0]?.granted).toBe(false);
  });

  it('purposes are independent, and always in one order', () => {
    const at = '2027-01-02T08:00:00Z';
    expect(newestConsents([consent(true, at, 'profiling'), consent(true, at)]).map(({ purpose }) => purpose)).toEqual(['marketing-email', 'profiling']);
  });
});
