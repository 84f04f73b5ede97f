/** An operator who may see everything. */
export async function operatorToken(sandboxUrl: string): Promise<string> {
  const response = await fetch(`${sandboxUrl}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: 'bench', audience: 'operations', roles: ['viewer:*'] }) });
  return ((await response.json()) as { token: string }).token;
}

/** Ids of the first page. */
export async function askDesk(url: string, token: string): Promise<string[]> {
  const response = await fetch(`${url}/ops/v1/dead-letter-groups?state=open`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the desk answered ${String(response.status)}: ${await response.text()}`);
  return ((await response.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
}
