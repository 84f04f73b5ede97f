// The rules that docs and reviews need not repeat. Everything else about style is judgement.
//
// Types are needed for a few rules only, so one TypeScript program over the whole repository serves them all: one program a
// project would cost a minute on two cores.
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import folderShape from './tools/lint/folder-shape.mjs';
import noImportCycle from './tools/lint/no-import-cycle.mjs';

/** layer → layers it may import. There is no catch-all: a project without a tag here may import nothing. */
const layers = {
  contracts: [],
  commerce: ['contracts'],
  servers: [],
  platform: ['contracts'],
  'event-bus': ['contracts', 'platform'],
  'adapter-kit': ['contracts', 'platform', 'event-bus'],
  vendor: ['contracts', 'platform', 'adapter-kit'],
  app: ['contracts', 'commerce', 'platform', 'event-bus', 'adapter-kit', 'vendor'],
  testing: ['contracts', 'servers'],
  conformance: ['contracts', 'platform', 'event-bus', 'adapter-kit', 'testing', 'servers'],
  tools: ['contracts', 'servers', 'platform', 'tools'],
};

/** An app never imports an app; every other layer may import its like. */
const constraints = (extra) =>
  Object.entries(layers).map(([layer, below]) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: [...(layer === 'app' ? [] : [layer]), ...below, ...extra].map((name) => `layer:${name}`),
  }));

const boundaries = (extra) => [
  'error',
  {
    depConstraints: constraints(extra),
    // The test broker runs with the generated accounts, and their test needs a broker.
    ignoredCircularDependencies: [['contracts', 'testing']],
    banTransitiveDependencies: false,
    enforceBuildableLibDependency: false,
  },
];

const natsClient = { group: ['@nats-io/*'], message: 'only event-bus speaks to the NATS client' };
const httpClient = { group: ['undici', 'undici/*', 'axios', 'node-fetch'], message: 'HTTP goes out from *.client.ts only' };
const restricted = (...patterns) => ['error', { patterns }];
const environment = { object: 'process', property: 'env', message: 'the environment is read in libs/platform only (loadEnv)' };
const floats = ['parseFloat', 'toFixed'].map((property) => ({ property, message: 'money is an integer of minor units; a float is never shown or read' }));

const specs = ['**/*.spec.ts'];
const operators = ['tools/**/*.ts', 'bench/**/*.ts'];

export default defineConfig(
  globalIgnores(['**/dist/', '**/generated/', '.nx/', '.steward/', 'coverage/', 'contracts/']),
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: ['tsconfig.spec.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin, '@nx': nx, steward: { rules: { 'no-import-cycle': noImportCycle, 'folder-shape': folderShape } } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-globals': ['error', { name: 'fetch', message: httpClient.message }],
      'no-restricted-imports': restricted(natsClient, httpClient),
      'no-restricted-properties': ['error', environment, ...floats],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@nx/enforce-module-boundaries': boundaries([]),
      'steward/no-import-cycle': 'error',
      'steward/folder-shape': 'error',
    },
  },
  { files: ['**/*.client.ts'], rules: { 'no-restricted-globals': 'off', 'no-restricted-imports': restricted(natsClient) } },
  // bench holds the hand-written yardstick, which uses the client as directly as it goes.
  { files: ['libs/event-bus/**/*.ts', 'libs/testing/**/*.ts', 'bench/**/*.ts'], rules: { 'no-restricted-imports': restricted(httpClient) } },
  { files: ['libs/platform/**/*.ts', 'libs/testing/**/*.ts', 'libs/conformance/**/*.ts'], rules: { 'no-restricted-properties': ['error', ...floats] } },
  // Programs for a person at a terminal: they read the caller's environment, print rounded seconds and ask local processes
  // whatever they like; nobody depends on how.
  { files: operators, rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' } },
  {
    // Tests stand outside: they may call what they test over HTTP or NATS, start servers and the whole system.
    files: specs,
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': 'off',
      'no-restricted-imports': 'off',
      'no-restricted-properties': 'off',
      '@nx/enforce-module-boundaries': boundaries(['testing', 'conformance', 'servers', 'tools']),
    },
  },
);
