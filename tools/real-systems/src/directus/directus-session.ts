/** REST as Directus's own app speaks it; for seeding and for playing the editor in tests. */

export interface DirectusSession {
  /** Answers what is in `data`, throws on Directus's errors. */
  call<T = unknown>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'SEARCH', path: string, body?: unknown): Promise<T>;
}

export function openSession(url: string, token: string): DirectusSession {
  return {
    call: async <T>(method: string, path: string, body?: unknown) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text.slice(0, 400)}`);
      return (text === '' ? undefined : (JSON.parse(text) as { data: unknown }).data) as T;
    },
  };
}
