import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, softwareWebGPU, startChromium } from '../scripts/browser/open-page.mjs';
import { withDependencies } from '../scripts/pack.mjs';
import { type Consumer, createConsumerOf } from './packing.js';
import { examples, root } from './workspace.js';

/** What `npm start` of an example must have printed. */
const programs: Readonly<Record<string, (output: string) => void>> = {
  'text-classifier'(output) {
    for (const cell of ['gru', 'sru'])
      expect(numberIn(output, `of ${cell}: ([\\d.]+) %`)).toBeGreaterThan(60);
    expect(output).toMatch(/Morgensternisch: de/);
  },
  sentiment(output) {
    expect(numberIn(output, 'test: ([\\d.]+) %')).toBeGreaterThan(95);
    expect(output.match(/^ {2}(good|bad)/gm)).toEqual(
      ['good', 'bad', 'bad', 'bad', 'good', 'good'].map((word) => `  ${word}`),
    );
  },
  addition(output) {
    expect(numberIn(output, 'epoch 9: .*, ([\\d.]+) %')).toBeGreaterThan(90);
    const sums = [...output.matchAll(/(\d+)\+(\d+) = (\d+)/g)].map((match) => match.slice(1).map(Number));
    expect(sums.length).toBe(6);
    expect(sums.filter(([a, b, sum]) => a! + b! === sum).length).toBeGreaterThan(4);
  },
  characters(output) {
    const known = wordsOf(readFileSync(join(root, 'examples/characters/text.mjs'), 'utf8'));
    const share = (text: string) => {
      const words = [...wordsOf(text)];
      return words.filter((word) => known.has(word)).length / words.length;
    };
    const [before, ...after] = output.match(/^the .*/gm)!;
    expect(after.length).toBe(3);
    expect(share(before!)).toBeLessThan(0.3);
    expect(share(after[2]!)).toBeGreaterThan(0.7);
  },
  weather(output) {
    const [naive, filled, masked] = [...output.matchAll(/([\d.]+) °C/g)].map((match) => Number(match[1]));
    expect(filled).toBeLessThan(naive! / 1.5);
    // Without its mask the same network has 0.92 times this error.
    expect(masked).toBeLessThan(0.9 * filled!);
  },
  'own-cell'(output) {
    expect(output).toMatch(/n = tanh\(W_n x \+ U_n \(f ⊙ h₋\) \+ b_n\)/);
    expect(numberIn(output, 'the mean: error ([\\d.]+)')).toBeGreaterThan(0.1);
    const error = numberIn(output, 'as text: error ([\\d.]+)');
    expect(error).toBeLessThan(0.01);
    expect(numberIn(output, 'in code: error ([\\d.]+)')).toBe(error);
  },
  'pytorch-weights'(output) {
    expect(numberIn(output, 'largest difference from PyTorch: (\\S+)')).toBeLessThan(1e-6);
    for (const layer of ['gru.l0', 'gru.l1', 'decide']) expect(output).toMatch(`${layer} → `);
  },
};

/** When a page has come to its end, by its paragraph `result`, and what its paragraphs must say then. */
const pages: Readonly<Record<string, { done: RegExp; check: (text: string) => void }>> = {
  'audio-worklet': {
    done: /% of/,
    check: (text) => expect(numberIn(text, '([\\d.]+) % of 750 frames')).toBeGreaterThan(95),
  },
  webgpu: {
    done: /Epoch 8 of 8/,
    check(text) {
      expect(text).toMatch(/Device: webgpu, swiftshader, a program on the processor\./);
      expect(numberIn(text, 'mean error ([\\d.]+)')).toBeLessThan(0.2);
    },
  },
  worker: {
    done: /Epoch 20 of 20/,
    check(text) {
      expect(numberIn(text, 'loss ([\\d.]+)')).toBeLessThan(0.5);
      expect(text).toMatch(/the (gate is|mill is|keeper looks|water)/);
    },
  },
};

const wordsOf = (text: string) => new Set(text.match(/[a-z]+/g));

function numberIn(text: string, pattern: string): number {
  const match = text.match(new RegExp(pattern));
  expect(match, `${pattern} in\n${text}`).not.toBeNull();
  return Number(match![1]);
}

// One installation serves all: Node finds the packages in the folder above an example.
let consumer: Consumer;
beforeAll(async () => {
  const dependencies = Object.assign({}, ...examples.map(({ manifest }) => manifest.dependencies));
  const ours = withDependencies(Object.keys(dependencies)).map(({ manifest }) => manifest.name);
  const others = Object.entries(dependencies).filter(([name]) => !name.startsWith('@sluice/'));
  consumer = await createConsumerOf(
    ours,
    others.map(([name, version]) => `${name}@${version}`),
  );
  for (const { name } of examples) {
    cpSync(join(root, 'examples', name), join(consumer.folder, name), { recursive: true });
  }
});
afterAll(() => consumer?.remove());

const npm = (name: string, ...args: string[]) => consumer.run('npm', ['--prefix', name, ...args]);

test('each example has a check', () => {
  expect([...Object.keys(programs), ...Object.keys(pages)].sort()).toEqual(examples.map(({ name }) => name));
});

describe('npm start', () => {
  test.each(Object.entries(programs))('%s', async (name, check) => {
    check(await npm(name, 'start'));
  });
});

describe('the page, built by Vite', () => {
  test.each(Object.entries(pages))('%s', async (name, { done, check }) => {
    await npm(name, 'run', 'build');
    const { address, close } = await serve({ folders: { '/': join(consumer.folder, name, 'dist') } });
    const browser = await startChromium(softwareWebGPU);
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('pageerror', ({ message }) => problems.push(message));
      await page.goto(address);
      if (name === 'worker') await page.getByRole('button', { name: 'Train' }).click();
      const result = page.locator('#result', { hasText: done });
      await Promise.race([
        result.waitFor({ timeout: 100_000 }),
        page.waitForEvent('pageerror', { timeout: 100_000 }).then(({ message }) => {
          throw new Error(message);
        }),
      ]);
      check((await page.locator('p').allTextContents()).join('\n'));
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
      close();
    }
  });
});
