import type { FastifyInstance } from 'fastify';

/** Example for the first minute: context once, availability with its age, a page of the catalogue. */
const EXAMPLE = `# Ctrl+Enter runs it. The context is given once for the whole query.
query Catalogue @inContext(language: "de", market: "eu") {
  products(first: 3) {
    edges {
      cursor
      node {
        sku
        name
        price { value { amount currency } listValue { amount } validUntil }
        availability { state quantity asOf stale }
        breadcrumbs { name }
        variants { sku availability { state quantity } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/**
 * A small query page at GraphiQL's address, complete in itself: GraphiQL's own page loads its scripts from a public CDN, which a
 * laptop on a train and a closed network don't reach. The schema is shown through introspection, so it is for development only.
 */
export function explorerRoute(app: FastifyInstance): void {
  app.get('/graphiql', (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'")
      .type('text/html; charset=utf-8')
      .send(page),
  );
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Steward storefront: GraphQL</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif }
  body { margin: 0; display: grid; grid-template: auto 1fr / 1fr 1fr 18rem; height: 100vh; gap: 0 1px }
  header { grid-column: 1 / -1; padding: .5rem 1rem; display: flex; gap: 1rem; align-items: center }
  textarea, pre { font: 13px/1.5 ui-monospace, monospace; margin: 0; padding: 1rem; border: 0; overflow: auto; resize: none; tab-size: 2 }
  pre { background: color-mix(in srgb, currentColor 5%, transparent) }
  aside { overflow: auto; padding: 1rem; font-size: 13px }
  aside code { display: block; margin-left: 1rem }
  button { font: inherit; padding: .25rem 1rem }
</style>
<header><strong>Steward storefront</strong><button id="run">Run</button><span id="took" role="status"></span></header>
<textarea id="query" spellcheck="false" aria-label="Query"></textarea>
<pre id="answer" tabindex="0" aria-label="Answer"></pre>
<aside id="types" aria-label="Schema"></aside>
<script>
  const of = (id) => document.getElementById(id);
  const kept = sessionStorage.getItem('query');
  of('query').value = kept ?? ${JSON.stringify(EXAMPLE)};
  const ask = async (query) => {
    const answer = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
    return { status: answer.status, json: await answer.json() };
  };
  const run = async () => {
    sessionStorage.setItem('query', of('query').value);
    const from = performance.now();
    const { status, json } = await ask(of('query').value).catch((error) => ({ status: 0, json: String(error) }));
    of('took').textContent = status + ' in ' + (performance.now() - from).toFixed(1) + ' ms';
    of('answer').textContent = JSON.stringify(json, null, 2);
  };
  of('run').onclick = run;
  of('query').onkeydown = (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } };
  const typeName = (type) => type.kind === 'NON_NULL' ? typeName(type.ofType) + '!' : type.kind === 'LIST' ? '[' + typeName(type.ofType) + ']' : type.name;
  const ref = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
  ask('{ __schema { types { name kind fields { name args { name type { ' + ref + ' } } type { ' + ref + ' } } enumValues { name } } } }').then(({ json }) => {
    for (const type of json.data?.__schema.types ?? []) {
      if (type.name.startsWith('__') || !(type.fields || type.enumValues)) continue;
      const title = document.createElement('strong');
      title.textContent = type.name;
      of('types').append(title);
      for (const field of type.fields ?? type.enumValues) {
        const line = document.createElement('code');
        const args = field.args?.length ? '(' + field.args.map((arg) => arg.name + ': ' + typeName(arg.type)).join(', ') + ')' : '';
        line.textContent = field.name + args + (field.type ? ': ' + typeName(field.type) : '');
        of('types').append(line);
      }
    }
  });
  run();
</script>
</html>
`;
