import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { defaultSettings } from '../src/model/settings.js';
import { barReporter, lineReporter, TimeLeft } from '../src/progress/reporters.js';
import { formatDuration } from '../src/terminal/numbers.js';
import type { RunDescription } from '../src/training/run.js';

const run: RunDescription = {
  settings: { ...defaultSettings, epochs: 3 },
  parameters: 1000,
  trainExamples: 640,
  validationExamples: 64,
  classes: 2,
  finishedEpochs: 1,
};
const at = (epoch: number, batch: number) => ({ epoch, batch, batches: 10, loss: 0.51234, accuracy: 0.75 });
const record = {
  ...{ epoch: 2, loss: 0.5, accuracy: 0.75, validationLoss: 0.6, validationAccuracy: 0.7 },
  ...{ seconds: 61, examplesPerSecond: 1234.5 },
};

describe('time left', () => {
  test('follows the pace of this process, over all remaining epochs', () => {
    const timeLeft = new TimeLeft(run, 1000);
    expect(timeLeft.seconds(at(2, 5), 6000)).toBeCloseTo(15);
    expect(timeLeft.seconds(at(3, 10), 21000)).toBe(0);
  });

  test('is written in words', () => {
    expect([0.4, 59.4, 59.6, 185, 3600, 7800].map(formatDuration)).toEqual([
      ...['0 s', '59 s', '1 min 00 s', '3 min 05 s', '1 h 00 min', '2 h 10 min'],
    ]);
  });
});

function streams(isTTY: boolean) {
  const output = new PassThrough();
  const error = Object.assign(new PassThrough(), {
    isTTY,
    columns: 120,
    cursorTo() {},
    clearLine() {},
    moveCursor() {},
  });
  const text = (stream: PassThrough) => (stream.read() ?? '').toString() as string;
  return { output, error, printed: () => ({ output: text(output), error: text(error) }) };
}

test('on a terminal: a bar with loss, accuracy and time left on standard error, epochs on standard output', () => {
  const { printed, ...both } = streams(true);
  const reporter = barReporter({ ...both, bar: both.error });
  reporter.begin(run);
  for (let batch = 1; batch <= 10; batch++) reporter.batch(at(2, batch));
  reporter.epoch(record);
  reporter.end();
  const { output, error } = printed();
  expect(error).toMatch(/epoch 2\/3 .*█.* 1\/10 {2}loss 0\.5123 {2}accuracy 75\.0 % {2}\d+ s left/);
  // The cursor stays visible: a process that is killed could not bring it back.
  expect(error).not.toContain('\u001b[?25l');
  expect(output).toBe(
    'gru: 2 × 128 units, 1,000 parameters; 640 examples in 2 classes, 64 for validation, resumed after epoch 1\n' +
      'epoch 2/3  loss 0.5000  accuracy 75.0 %  validation loss 0.6000  accuracy 70.0 %  1 min 01 s, 1,235 examples/s\n',
  );
});

test('without a terminal: a line now and then within a long epoch', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const { printed, ...both } = streams(false);
    const reporter = lineReporter(both);
    reporter.begin(run);
    for (let batch = 1; batch <= 10; batch++) {
      vi.advanceTimersByTime(4000);
      reporter.batch(at(2, batch));
    }
    const { error } = printed();
    expect(error).toBe(
      'epoch 2/3  batch 4/10  loss 0.5123  accuracy 75.0 %  1 min 04 s left\n' +
        'epoch 2/3  batch 8/10  loss 0.5123  accuracy 75.0 %  48 s left\n',
    );
  } finally {
    vi.useRealTimers();
  }
});
