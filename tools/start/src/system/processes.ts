// What runs of a system, by name, and who watches over it.
import type { Running } from '@steward/servers';
import { brokerNodes, type BrokerNode, processNames, type ProcessName } from './ports';
import { type Note, supervise, type Supervised, tellEnd } from './supervisor';

export type Started = ProcessName | BrokerNode;

/** Stopped together, one group after the other: the reverse of the straight line. */
const stopOrder: readonly (readonly Started[])[] = [
  ['pim', 'crm', 'oms', 'pricing', 'reconciliation'],
  ['erp'],
  ['gateway-api', 'gateway-projector'],
  ['operations', 'sandbox'],
  [...brokerNodes, 'postgres'],
];

export class Processes {
  readonly running: Partial<Record<Started, Running>> = {};
  readonly #watches = new Map<Started, Supervised>();
  readonly #replaced: Running[] = [];

  constructor(private readonly options: { readonly note: Note; readonly supervised: boolean }) {}

  readonly add = <T extends Running>(name: Started, running: T): T => {
    const { note, supervised } = this.options;
    this.running[name] = running;
    if (supervised) this.#watches.set(name, supervise(running, note));
    else running.onCrash(tellEnd(running, note));
    return running;
  };

  get(name: Started): Running {
    const found = this.running[name];
    if (found === undefined) throw new Error(`${name} was not started; there are ${processNames.filter((each) => this.running[each]).join(', ')}`);
    return found;
  }

  /** The predecessor runs on, and nothing starts it again. */
  async replace(name: Started, successor: Running): Promise<Running> {
    await this.#watches.get(name)?.release();
    const predecessor = this.running[name];
    if (predecessor !== undefined) this.#replaced.push(predecessor);
    return this.add(name, successor);
  }

  async takeDown(names: readonly Started[]): Promise<void> {
    await Promise.all(names.map((name) => this.#watchOf(name).takeDown()));
  }

  async bringBack(names: readonly Started[]): Promise<void> {
    await Promise.all(names.map((name) => this.#watchOf(name).bringBack()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#replaced.map((each) => each.stop()));
    for (const group of stopOrder) await Promise.all(group.map((name) => this.#watches.get(name)?.release() ?? this.running[name]?.stop()));
  }

  #watchOf(name: Started): Supervised {
    const found = this.#watches.get(name);
    if (found === undefined) throw new Error(`${name} was not started, or nobody watches over it: \`supervised\` is ${String(this.options.supervised)}`);
    return found;
  }
}
