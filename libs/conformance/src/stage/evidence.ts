/** What the checks let a connector say and do, kept for the checks that judge all of it together. */
import { type Contract, keyOf, typeOf } from '@steward/contracts';
import { createLogger, type Logger } from '@steward/platform';

interface Output {
  readonly key: string;
  readonly revision: number;
  readonly data: unknown;
}

export class Evidence {
  readonly texts: string[] = [];
  /** Announced states that break their contract, and letters that nobody planted. */
  readonly faults: string[] = [];
  outputs = 0;
  /** The first thing that was announced, for whoever waits for it. */
  firstEvent = 'none';
  readonly logger: Logger = createLogger({ service: 'conformance', level: 'trace', destination: { write: (line: string) => void this.texts.push(line) } });

  judge(system: string, contract: Contract, outputs: readonly Output[]): void {
    const [first] = outputs;
    if (this.outputs === 0 && first) this.firstEvent = `${typeOf(contract, system)}  key ${first.key}  revision ${first.revision}  ${JSON.stringify(first.data)}`;
    this.outputs += outputs.length;
    for (const { key, data } of outputs) {
      const problems = contract.validateProduced(data).map(({ pointer, message }) => `${pointer} ${message}`);
      if (problems.length === 0 && keyOf(contract, data) !== key) problems.push(`its key by the contract is ${keyOf(contract, data)}`);
      if (problems.length > 0) this.faults.push(`${contract.entity} ${key}: ${problems.join('; ')}`);
    }
  }
}
