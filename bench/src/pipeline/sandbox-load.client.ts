// Writes changes into the sandbox, as a merchandiser's bulk import or as steady work.
import { Agent, request } from 'node:http';
import type { Product } from './bench-product';

export interface SandboxLoad {
  /** Answers when the sandbox stamped them, in milliseconds. `told`: whether webhooks follow. */
  readonly write: (products: readonly Product[], told: boolean) => Promise<number>;
  readonly close: () => void;
}

const BULK = 500;

export function openSandboxLoad(url: string): SandboxLoad {
  // node:http and not fetch: the load shares two cores with what is measured.
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const post = (path: string, body: string): Promise<{ modifiedAt: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(url + path, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(JSON.parse(text) as { modifiedAt: string });
          else reject(new Error(`the sandbox refused a write: ${answer.statusCode} ${text.slice(0, 300)}`));
        });
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    write: async (products, told) => {
      let at = 0;
      for (let from = 0; from < products.length; from += BULK) {
        // Unchecked, because the benchmark is not about the sandbox's own schema check.
        const { modifiedAt } = await post(`/_control/pim/products?unchecked=true${told ? '' : '&webhook=lose'}`, `[${products.slice(from, from + BULK).map(({ json }) => json).join(',')}]`);
        at = Date.parse(modifiedAt);
      }
      return at;
    },
    close: () => agent.destroy(),
  };
}
