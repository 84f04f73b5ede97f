/** The sandbox's control API, as far as the suite uses it. */
export async function control(method: string, url: string, body?: unknown): Promise<void> {
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
}

/** All records of `<system>/<collection>`. */
export async function list(url: string, collection: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await fetch(`${url}/_control/${collection}`);
  return ((await answer.json()) as { items: Readonly<Record<string, unknown>>[] }).items;
}
