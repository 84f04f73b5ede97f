import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generated } from './generate';
import { repository } from './services/variables';

describe('what charts and documentation know of the services', () => {
  it('is what the declarations say', () => {
    const stale = [...generated()].filter(([path, text]) => readFileSync(join(repository, path), 'utf8') !== text).map(([path]) => path);
    expect(stale.length === 0 ? 'the same' : `run \`npm run charts\`: ${stale.join(', ')}`).toBe('the same');
  });

  it('knows every folder with a chart, and none besides', () => {
    const folders = globSync('k8s/*/Chart.yaml', { cwd: repository }).map((path) => path.split('/')[1]);
    const known = new Set([...generated().keys()].map((path) => path.split('/')).filter(([top, , file]) => top === 'k8s' && file === 'values.schema.json').map(([, chart]) => chart));
    expect(new Set(folders)).toEqual(new Set([...known, 'steward-service']));
  });

  it('has a table with every service and every variable in it', () => {
    const tables = readFileSync(join(repository, 'docs', 'helm-values.md'), 'utf8');
    expect(tables).toContain('## gateway-projector');
    expect(tables).toMatch(/\| · `DATABASE_URL` \| required \| postgres:/);
    expect(tables).toMatch(/\| · `STEWARD_DIRECTUS_TOKEN` \| required \| .*\(directus\) \|/);
  });
});
