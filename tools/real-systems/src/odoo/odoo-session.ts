/** JSON-RPC as Odoo documents it; for seeding and for playing the clerk in tests. */

export interface OdooSession {
  /** Throws on Odoo's errors, which come with HTTP 200. */
  call<T = unknown>(model: string, method: string, args: readonly unknown[], options?: object): Promise<T>;
}

export async function openSession(url: string, database: string, { user, password }: { readonly user: string; readonly password: string }): Promise<OdooSession> {
  const uid = await ask(url, 'common', 'authenticate', [database, user, password, {}]);
  if (typeof uid !== 'number') throw new Error(`Odoo does not let ${user} in`);
  return { call: async <T>(model: string, method: string, args: readonly unknown[], options: object = {}) => (await ask(url, 'object', 'execute_kw', [database, uid, password, model, method, args, options])) as T };
}

async function ask(url: string, service: string, method: string, args: readonly unknown[]): Promise<unknown> {
  const response = await fetch(`${url}/jsonrpc`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }) });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string; data?: { name?: string; message?: string } } };
  if (answer.error) throw new Error(`${method}: ${answer.error.data?.name ?? ''} ${answer.error.data?.message ?? answer.error.message}`);
  return answer.result;
}
