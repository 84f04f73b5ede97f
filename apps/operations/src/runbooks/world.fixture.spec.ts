import { randomUUID } from 'node:crypto';
import type {
  AnnounceAgainAnswer, AnnounceAgainQuestion, BesideAnswer, BesideQuestion, BesideStanding, DeadLetter, DigestAnswer, DigestQuestion, FlowsAnswer, FlowsQuestion, FlowStatus, HeldAnswer, HeldQuestion, LettersAnswer, LettersQuestion,
  ReadSourceAnswer, ReadSourceQuestion, RebuildAnswer, RebuildQuestion, ReconciliationAnswer, ReconciliationQuestion, TraceAnswer,
} from '@steward/contracts';

/** Systems as runbooks find them at night: what is wrong with them, and what was done to them. Its answers are typed by the doors. */
export class World {
  static readonly caseId = '11111111-1111-4111-8111-111111111111';
  flowActs: string[] = [];
  compared: string[] = [];
  announced: string[] = [];
  decided: string[] = [];
  redriven: string[] = [];
  rebuilt: string[] = [];
  madeAnew: BesideQuestion['ask'][] = [];
  letters: (letters: DeadLetter[]) => Promise<void> = async () => undefined;
  private held: 'open' | 'released' | 'refused' | 'none' = 'none';
  private refusing = new Set<string>();
  private late = new Set<string>();
  private paused = new Set<string>();
  private failing: string | undefined;
  private told: DeadLetter[] = [];

  reset(): void {
    Object.assign(this, { flowActs: [], compared: [], announced: [], decided: [], redriven: [], rebuilt: [], madeAnew: [], held: 'none', refusing: new Set(), late: new Set(), paused: new Set(), failing: undefined, told: [] });
  }
  touched(): string[] {
    return [...this.flowActs, ...this.compared, ...this.announced, ...this.decided, ...this.redriven, ...this.rebuilt, ...this.madeAnew];
  }
  hold(): void { this.held = 'open'; }
  refuse(service: string): void { this.refusing.add(service); }
  accept(service: string): void { this.refusing.delete(service); }
  delay(flow: string): void { this.late.add(flow); }
  fail(entity: string): void { this.failing = entity; }
  async tellLetters(make: (id: string, more: Partial<DeadLetter> & { team: string }) => DeadLetter): Promise<void> {
    const { failing } = this;
    if (failing === undefined) return;
    this.told = [1, 2].map(() => make(randomUUID(), { entity: failing, class: 'contract', service: 'gateway', consumer: 'gateway-catalogue', team: 'Catalogue' }));
    await this.letters(this.told);
  }

  async answer(service: string, door: string, asked: unknown): Promise<unknown> {
    switch (door) {
      case 'letters': return this.atLetters(asked as LettersQuestion);
      case 'flows': return this.atFlows(service, asked as FlowsQuestion);
      case 'held': return this.atHeld(asked as HeldQuestion);
      case 'trace': return this.atTrace(service);
      case 'digest': return this.atDigest(asked as DigestQuestion);
      case 'announce-again': return this.atAnnounceAgain(asked as AnnounceAgainQuestion);
      case 'read-source': return this.atSource(asked as ReadSourceQuestion);
      case 'rebuild': return this.atRebuild(asked as RebuildQuestion | BesideQuestion);
      default: return this.atReconciliation(asked as ReconciliationQuestion);
    }
  }

  private async atLetters(question: LettersQuestion): Promise<LettersAnswer> {
    if (question.ask === 'read') throw new Error('nobody reads letters here');
    if (question.ask === 'act') {
      this.redriven.push(...question.ids);
      // Its holder tells that it is closed, as it would by the broker.
      await this.letters(this.told.filter(({ letterId }) => question.ids.includes(letterId)).map((letter) => ({ ...letter, state: 'redriven', closedAt: new Date().toISOString(), closedBy: question.actor, closedReason: question.reason })));
    }
    return { verdicts: question.ids.map((id) => ({ id, verdict: 'apply', detail: '' })) };
  }
  private atFlows(service: string, question: FlowsQuestion): FlowsAnswer {
    if (question.ask !== 'list') {
      this.flowActs.push(`${question.ask} ${question.flow}`);
      this.paused[question.ask === 'pause' ? 'add' : 'delete'](question.flow);
      if (question.ask === 'resume') this.late.delete(question.flow);
      return { done: true };
    }
    const flow = (name: string, entity: string): FlowStatus => ({
      flow: name, kind: 'feed', entity, connector: 'sandbox', state: this.paused.has(name) ? 'paused' : 'running', pausedBy: null, reason: null, since: null, resumesAt: null,
      latenessMs: this.late.has(name) ? 900_000 : 1_000, promiseMs: 60_000, held: 0, perSecond: 1,
    });
    const flows = service === 'oms' ? [flow('oms.payment', 'payment')] : service === 'pim' ? [flow('pim.product', 'product')] : [];
    return { flows, dependencies: [{ name: service, breaker: this.refusing.has(service) ? 'open' : 'closed', budget: 10, pausedUntil: null, inFlight: 0, waiting: 0, shed: 0 }] };
  }
  private atHeld(question: HeldQuestion): HeldAnswer {
    const since = new Date(0).toISOString();
    if (question.act === 'items') return { items: [{ key: 'price-1', was: '1999', becomes: '1', data: {}, heldAt: since }] };
    if (question.act === 'list') {
      const found = { id: World.caseId, entity: 'price', rule: 'amount-moves', kind: 'change', state: this.held, count: 400, total: 1_000, detail: '400 moved', sample: [], owner: {}, openedAt: since, lastSeenAt: since };
      return { cases: this.held === 'open' || this.held === 'refused' ? [found] : [] };
    }
    this.decided.push(question.act);
    this.held = question.act === 'release' ? 'none' : 'refused';
    return { done: true };
  }
  private atTrace(service: string): TraceAnswer {
    const at = new Date().toISOString();
    const entry = { at, service, what: 'announced', key: 'k', revision: 1, sequence: null, messageId: null, origin: null, traceparent: null, summary: 'revision 1' } as const;
    return service === 'oms' ? [{ ...entry, entity: 'order' }] : service === 'crm' ? [{ ...entry, entity: 'customer' }] : [];
  }
  private atDigest(question: DigestQuestion): DigestAnswer {
    if (!('keysOf' in question)) return { count: 2, digest: '0'.repeat(16) };
    return { keys: ['p1', 'p2', 'SKU-1@main'].map((key) => ({ key, revision: 2, hash: 'ab' })), next: null };
  }
  private atAnnounceAgain({ keys, dryRun }: AnnounceAgainQuestion): AnnounceAgainAnswer {
    if (!dryRun) this.announced.push(...keys);
    return { items: keys.map((key) => ({ key, outcome: dryRun ? 'would-read' : 'reading', revision: 1 })) };
  }
  private atSource(question: ReadSourceQuestion): ReadSourceAnswer {
    return { items: ('keys' in question ? question.keys : []).map((key) => ({ key, hash: 'ab', data: {}, fault: null, version: null, record: null })), left: [] };
  }
  private atRebuild(question: RebuildQuestion | BesideQuestion): RebuildAnswer | BesideAnswer {
    if (!('entity' in question)) return this.atBeside(question);
    if (question.ask === 'begin') this.rebuilt.push(question.entity);
    const at = new Date().toISOString();
    return { rebuilds: this.rebuilt.map((entity) => ({ entity, system: 'pim', actor: 'a', reason: 'r', items: 3, cursor: 'p2', problem: null, requestedAt: at, finishedAt: at })) };
  }
  private atBeside({ ask }: BesideQuestion): BesideAnswer {
    const holds = { count: 2, digest: '0'.repeat(16) };
    if (ask !== 'status-beside') this.madeAnew.push(ask);
    const last = this.madeAnew.at(-1);
    const state: BesideStanding['state'] = last === 'swap-beside' ? 'swapped' : last === 'cancel-beside' ? 'cancelled' : 'ready';
    const at = new Date().toISOString();
    const compared = [{ entity: 'product', live: holds, second: { ...holds, count: 1 }, added: 0, changed: 0, gone: 1, refused: 0 }];
    const beside: BesideStanding = { state, actor: 'a', reason: 'r', items: 2, left: [], problem: null, refusal: null, compared, requestedAt: at, endedBy: null, endedReason: null, endedAt: null };
    return { beside: last === undefined ? null : beside, live: [{ entity: 'product', systems: ['pim'], holds }] };
  }
  private atReconciliation(question: ReconciliationQuestion): ReconciliationAnswer {
    switch (question.ask) {
      case 'status': return { runs: [{ runId: question.runId, check: 'arrow', state: 'done', compared: 3, found: 0, open: 0, problem: null }] };
      case 'drift': return { drift: [], next: null };
      case 'checks': return { checks: [] };
      case 'repair': return { repairs: [] };
      case 'accept': return { accepted: [] };
      default:
        this.compared.push(question.entity ?? question.check ?? '');
        return { runId: 'run-1', checks: ['arrow'] };
    }
  }
}
