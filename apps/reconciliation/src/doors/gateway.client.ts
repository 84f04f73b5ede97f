/** The storefront as anybody sees it. */

const WITHIN_MS = 10_000;

export interface Storefront {
  readonly get: (path: string) => Promise<unknown>;
  readonly post: (path: string, body: object) => Promise<unknown>;
}

export function storefrontAt(url: string): Storefront {
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await fetch(url.replace(/\/+$/, '') + path, { ...init, redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) });
    // Gone between two looks: then it says nothing.
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: status ${String(response.status)}`);
    return response.json();
  };
  return {
    get: (path) => call(path, {}),
    post: (path, body) => call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
}
