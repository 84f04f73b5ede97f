/** Medusa's admin API as its own dashboard speaks it; for seeding, and for playing the clerk in tests. */

export interface MedusaSession {
  /** Throws on Medusa's errors. */
  call<T = unknown>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
}

async function request(url: string, method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(`${url}${path}`, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text.slice(0, 400)}`);
  return JSON.parse(text);
}

export async function openSession(url: string, { email, password }: { email: string; password: string }): Promise<MedusaSession> {
  const { token } = (await request(url, 'POST', '/auth/user/emailpass', { email, password }, {})) as { token: string };
  return { call: async <T>(method: string, path: string, body?: unknown) => (await request(url, method, path, body, { authorization: `Bearer ${token}` })) as T };
}
