// One jest process for all projects: on two cores it is far faster than one process a project.
// Nest 12 is ESM only; `--experimental-vm-modules` on Node >= 24.9 lets CommonJS tests require it.
const { compilerOptions } = require('./tsconfig.base.json');

const moduleNameMapper = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([name, [file]]) => [`^${name}$`, `<rootDir>/${file}`]),
);

/** @type {import('jest').Config} */
module.exports = {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools', '<rootDir>/bench'],
  testMatch: ['**/src/**/*.{unit,int,contract,e2e}.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  moduleNameMapper,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript', decorators: true }, transform: { legacyDecorator: true }, target: 'es2024' },
        module: { type: 'commonjs' },
      },
    ],
  },
  globalSetup: '<rootDir>/libs/testing/src/jest/global-setup.ts',
  globalTeardown: '<rootDir>/libs/testing/src/jest/global-teardown.ts',
  testEnvironment: 'node',
  testTimeout: 120_000,
  testSequencer: '<rootDir>/libs/testing/src/jest/longest-first.cjs',
  maxWorkers: 2,
  // With vm modules no file's context is ever freed, not even of an empty test: at the end a worker has 1 GB to give back, which took
  // 900 ms on a busy machine. After jest's own 500 ms it is called a leak; what is really left open still is.
  workerGracefulExitTimeout: 5_000,
};
