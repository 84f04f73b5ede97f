// The order of test files: what takes long begins early, so that all workers end together. A machine that has run them knows how long
// each takes (jest keeps it); a fresh one, such as CI's, is told by what kind of test it is, and by its size.
const { default: Sequencer } = require('@jest/test-sequencer');

/** Milliseconds: of a file, and of each byte of it. Only their order matters. */
const costs = { faults: [90_000, 1], e2e: [20_000, 1], contract: [15_000, 0], int: [2_000, 1], unit: [0, 0.1] };

/** Files between two that start a whole system of a dozen processes: several of these at once would only wait for each other. */
const BETWEEN_SYSTEMS = 4;
const startsSystem = ({ path }) => path.endsWith('.e2e.spec.ts');

module.exports = class LongestFirst extends Sequencer {
  time(test) {
    const { path, context } = test;
    const [file = 0, byte = 0] = costs[/\.(\w+)\.spec\.ts$/.exec(path)?.[1]] ?? [];
    return super.time(test) ?? file + byte * (context.hasteFS.getSize(path) ?? 0);
  }

  sort(tests) {
    const sorted = super.sort(tests);
    const others = sorted.filter((test) => !startsSystem(test));
    const mixed = sorted.filter(startsSystem).flatMap((test) => [test, ...others.splice(0, BETWEEN_SYSTEMS)]);
    return [...mixed, ...others];
  }
};
