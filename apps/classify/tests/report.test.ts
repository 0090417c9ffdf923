import { parseHTML } from 'linkedom';
import { describe, expect, test, vi } from 'vitest';
import { defaultSettings } from '../src/model/settings.js';
import { htmlReport } from '../src/report/html-report.js';
import { type ComparedRun, classReport, textTable } from '../src/report/tables.js';

const epoch = (number: number, validationAccuracy: number | null) => ({
  epoch: number,
  loss: 1 / number,
  accuracy: 0.5 + number / 20,
  validationLoss: validationAccuracy === null ? null : 1 - validationAccuracy,
  validationAccuracy,
  seconds: 2,
  examplesPerSecond: 50,
});

const runs: ComparedRun[] = [
  {
    cell: 'gru',
    parameters: 12345,
    history: [epoch(1, 0.6), epoch(2, 0.8), epoch(3, 0.7)],
    testAccuracy: 0.75,
  },
  { cell: 'sru', parameters: 999, history: [epoch(1, 0.55), epoch(2, 0.5)], testAccuracy: 0.5 },
];

const subject = {
  data: '<script>alert("&")</script>.csv',
  classes: 2,
  trainExamples: 100,
  validationExamples: 10,
  testExamples: 20,
  backend: 'cpu',
  settings: defaultSettings,
};

describe('the HTML report', () => {
  const html = htmlReport(runs, subject);
  const { document } = parseHTML(html);

  test('loads no other file and runs no script', () => {
    expect(document.querySelectorAll('script, link, img, iframe, [src], [href]').length).toBe(0);
    expect(html).not.toMatch(/@import|url\((?!#)/);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toContain('http');
  });

  test('has a row for each cell with the figures of the best epoch', () => {
    const rows = [...document.querySelectorAll('tbody tr')].map((row) =>
      [...row.querySelectorAll('th, td')].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ['gru', '80.0 %', '0.2000', '2 of 3', '75.0 %', '12,345', '2.00', '50'],
      ['sru', '55.0 %', '0.4500', '1 of 2', '50.0 %', '999', '2.00', '50'],
    ]);
  });

  test('draws four learning curves with a line for each cell, in colours that follow light and dark', () => {
    const figures = [...document.querySelectorAll('figure')];
    expect(figures.map((figure) => figure.querySelector('figcaption')?.textContent)).toEqual([
      ...['Validation accuracy', 'Validation loss', 'Training accuracy', 'Training loss'],
    ]);
    for (const figure of figures) {
      const lines = [...figure.querySelectorAll('g[aria-label=line] > path')];
      expect(lines.map((line) => line.getAttribute('stroke'))).toEqual([
        'var(--series-1)',
        'var(--series-2)',
      ]);
      // One point an epoch: a move and as many lines as there are epochs behind the first.
      expect(lines.map((line) => line.getAttribute('d')?.match(/[ML]/g)?.length)).toEqual([3, 2]);
    }
    const style = document.querySelector('style')?.textContent ?? '';
    expect(style).toContain('prefers-color-scheme: dark');
    for (let series = 1; series <= 8; series++) expect(style.split(`--series-${series}:`).length).toBe(3);
  });

  test('names from data are text, not markup', () => {
    expect(html).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;.csv');
  });

  test('one epoch of each cell gives no warning, on the page or on standard error', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const page = htmlReport(
      runs.map((run) => ({ ...run, history: run.history.slice(0, 1) })),
      subject,
    );
    expect(warn).not.toHaveBeenCalled();
    expect(page).not.toContain('⚠');
    warn.mockRestore();
  });

  test('is written also for one epoch without validation', () => {
    const page = htmlReport([{ ...runs[0], history: [epoch(1, null)], testAccuracy: undefined }], subject);
    expect(parseHTML(page).document.querySelectorAll('figure').length).toBe(2);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('the columns of text tables are aligned', () => {
  const table = textTable(
    [
      { heading: 'a', align: 'left' },
      { heading: 'long', align: 'right' },
    ],
    [
      ['wörd', '1'],
      ['x', '22222'],
    ],
  );
  expect(table).toBe('a      long\n────  ─────\nwörd      1\nx     22222\n');
});

test('precision, recall and F1 of each class', () => {
  const confusion = [
    [3, 1],
    [2, 0],
  ];
  const lines = classReport({ examples: 6, loss: 1, accuracy: 0.5, confusion }, ['no', 'yes']).split('\n');
  expect(lines[2]).toMatch(/^no +4 +60\.0 % +75\.0 % +66\.7 %$/);
  expect(lines[3]).toMatch(/^yes +2 +0\.0 % +0\.0 % +0\.0 %$/);
  expect(lines.slice(-3, -1)).toEqual(['no                 3    1', 'yes                2    0']);
});
