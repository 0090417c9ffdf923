import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { testTier } from '../../../../scripts/tier.mjs';
import type { ConformanceReport } from '../../src/report.js';

const isFull = testTier() === 'full';
/** Each of these starts the command and its workers, which import the suite: more than a second each. */
const testInFull = test.runIf(isFull);
if (!isFull) console.log("left out unless SLUICE_TESTS is 'full': most runs of the command");
const folder = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));
const cli = fileURLToPath(new URL('../../dist/command/cli.js', import.meta.url));

/** Runs the command on a module with a backend of its own. */
function conformance(module: string, ...args: string[]) {
  const file = join(folder, 'my-backend.mjs');
  writeFileSync(file, module);
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, file, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A right backend: core's reference. `change` makes something of it wrong. */
const withChange = (change: string, rest = '') => `
import { referenceForward } from '${import.meta.resolve('@sluice/core')}';
import { checkInputs, withOwnedBuffers } from '${import.meta.resolve('@sluice/core/backend')}';
const exact = (values) => values && Float64Array.from(values);
const rounded = (values) => Float32Array.from(values);
class Reference {
  name = 'mine';
  upload(values) { return values.slice(); }
  async download(buffer) { return buffer.slice(); }
  release() {}
  savedLength() { return 0; }
  forward(plan, given) {
    checkInputs(plan, given);
    ${change}
    const inputs = { ...given, x: exact(given.x), mask: exact(given.mask), parameters: given.parameters.map(exact),
      initialStates: given.initialStates?.map(exact), recurrentMasks: given.recurrentMasks?.map(exact) };
    const { sequence, states } = referenceForward(plan, inputs);
    return { sequence: rounded(sequence), states: states.map(rounded) };
  }
  gradient() { throw new Error('no gradients'); }
}
export default { name: 'mine', create: () => withOwnedBuffers(new Reference())${rest} };
`;
const right = withChange('');
const FEW = ['--level', 'inference', '--cell', 'gru', '--workers', '2'];

// The whole suite: 50 s of one processor.
testInFull('the example of the guide conforms', { timeout: 240_000 }, () => {
  const example = fileURLToPath(new URL('../../examples/my-backend.js', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [cli, example], { encoding: 'utf8' });
  expect(stdout).toMatch(/^@sluice\/conformance .*, backend mine: conforming\.\n/);
  expect(status).toBe(0);
});

test('a right backend conforms, and the exit status says so', () => {
  const { status, stdout, stderr } = conformance(right, ...FEW, '--tier', 'quick');
  expect(stdout).toMatch(
    /backend mine: a partial run: only the quick tests were selected; only some cases were/,
  );
  expect(stdout).toMatch(
    /\n\d+ tests passed, 0 failed, 0 did not run; .*\nTolerances: .*gradient not tested\.\n$/,
  );
  expect(status).toBe(0);
  expect(stderr).toBe('');
});

testInFull('a fault is summed up, its smallest case first, and that case can be run alone', () => {
  const wrong = withChange('given = { ...given, reverse: false };');
  const { status, stdout } = conformance(wrong, '--level', 'inference', '--cell', 'gru', 'lstm', '--json');
  const report = JSON.parse(stdout) as ConformanceReport;
  expect(status).toBe(1);
  // A short reversed case passes where its mask leaves one step: which cases do, depends on the covering array.
  expect(report.summary.join()).toMatch(
    /All \d+ failed comparisons with the reference have reverse( and timesteps of at least 2)?; /,
  );
  const [smallest] = report.failures;
  expect(smallest.worst).toMatchObject({
    array: expect.stringMatching(/^(sequence|final state [hc])$/),
    place: expect.stringMatching(/^row \d+, (step \d+, )?unit \d+$/),
  });
  const alone = conformance(wrong, '--level', 'inference', '--case', smallest.id);
  expect(alone.stdout).toContain(`- ${smallest.id}  ${smallest.name}\n  sequence: `);
  expect(alone.stdout).toContain('0 tests passed, 1 failed, 0 did not run');
});

testInFull('a case that does not end and one that ends its thread fail, and the others go on', () => {
  const wrong = withChange('if (given.batch === 5) for (;;); if (given.batch === 9) process.exit(3);');
  const { status, stdout } = conformance(wrong, ...FEW, '--suite', 'agreement', '--limit', '4');
  expect(status).toBe(1);
  expect(stdout).toMatch(/> \[5, .*\n {2}The case did not end within 4 s\./);
  expect(stdout).toMatch(
    /> \[9, .*\n {2}The worker thread ended with code 3: the backend called process\.exit/,
  );
  expect(stdout).toMatch(/\n2\d tests passed, 2 failed, 0 did not run/);
});

testInFull('a run stops after ten cases that do not end, and the others are counted', () => {
  const wrong = withChange('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
  const { status, stdout } = conformance(
    wrong,
    ...FEW,
    '--suite',
    'agreement',
    '--limit',
    '1',
    '--workers',
    '8',
  );
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /not conforming: only some cases were selected; 1\d tests failed; \d+ tests did not run; the run stopped after 10 tests that did not end within 1 s\./,
  );
});

testInFull('a run stops after ten cases that end their thread', () => {
  const { status, stdout } = conformance(withChange('process.exit(5);'), ...FEW, '--suite', 'agreement');
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /\d+ tests did not run; the run stopped after 10 tests that ended their worker thread\./,
  );
});

testInFull('a failed case that passes alone depends on earlier calls, and the report says so', () => {
  const wrong = withChange("this.calls = (this.calls ?? 0) + 1; if (this.calls > 4) throw 'full';");
  const { stdout } = conformance(wrong, ...FEW, '--suite', 'agreement', '--tier', 'quick', '--workers', '1');
  expect(stdout).toContain(
    "The backend threw 'full', which is no Error.\n  It passes when it runs alone, so the fault depends on earlier calls.",
  );
});

testInFull('tolerances that are too wide fail a partial run as well', () => {
  const wide = withChange('', ', tolerances: { forward: 1, gradient: 1 }');
  const { status, stdout } = conformance(wide, ...FEW, '--suite', 'saturation');
  expect(stdout).toContain('not conforming: the forward tolerance is 1, wider than');
  expect(status).toBe(1);
});

testInFull.each([
  [
    'a backend that is never there',
    "export default { name: 'mine', create: () => new Promise(() => {}) };",
    'awaits a promise that nothing settles',
  ],
  [
    'a backend that cannot be destroyed',
    withChange('', ", destroy: () => { throw new Error('stuck'); }"),
    'cannot be destroyed: stuck',
  ],
])('%s is an error that says so', (_, module, message) => {
  const { status, stderr } = conformance(module, ...FEW, '--suite', 'saturation');
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

testInFull('--junit writes every case', () => {
  const file = join(folder, 'report.xml');
  conformance(right, ...FEW, '--suite', 'rows', '--junit', file);
  expect(readFileSync(file, 'utf8')).toMatch(
    /<testsuites tests="2" failures="0".*<testcase classname="rows" name="rows of a batch are independent > gru > other rows have no effect \(rows\/19ac7066\)"\/>/s,
  );
});

const mistakes: [name: string, module: string, args: string[], message: RegExp][] = [
  [
    'no default export',
    'export const create = 1;',
    [],
    /has no default export with a function create\. Export/,
  ],
  [
    'an unknown option',
    withChange('', ', destory() {}'),
    [],
    /exports the unknown option 'destory'\. The options are/,
  ],
  [
    'a backend that does not start',
    "export default () => { throw new Error('no device'); };",
    [],
    /no device/,
  ],
  [
    'a backend that starts as nothing',
    'export default () => {};',
    [],
    /create must return a backend, or a promise of one; it returned undefined\./,
  ],
  [
    'a backend without a method',
    'export default () => ({ upload() {}, download() {} });',
    [],
    /it returned a value without the method release\./,
  ],
  [
    'a thrown text',
    "export default () => { throw 'no device'; };",
    [],
    /error: 'no device', which is no Error\./,
  ],
  [
    'an unknown device',
    withChange('', ", tolerances: 'gpu'"),
    [],
    /tolerances is "gpu"; expected webgpu, wasm, cpu or /,
  ],
  [
    'half of the tolerances',
    withChange('', ', tolerances: { forward: 1 }'),
    [],
    /tolerances is \{"forward":1\}; /,
  ],
  [
    'a count that is no function',
    withChange('', ', liveBuffers: 3'),
    [],
    /liveBuffers is a number; expected a function/,
  ],
  ['a selection of nothing', right, ['--suite', 'leaks'], /These options select no case\./],
  ['an unknown suite', right, ['--suite', 'row'], /There is no suite 'row'\. There are agreement, /],
  [
    'no worker',
    right,
    ['--workers', '0'],
    /argument '0' is invalid\. It must be a whole number of at least 1\./,
  ],
  ['an unknown level', right, ['--level', 'all'], /Allowed choices are inference, training\./],
];

test.each(isFull ? mistakes : mistakes.filter(([name]) => name === 'an unknown option'))(
  '%s is an error that says what is expected',
  (_, module, args, message) => {
    const { status, stdout, stderr } = conformance(module, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  },
);
