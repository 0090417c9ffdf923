import { counted } from '../counted.js';
import type { Settings } from '../model/settings.js';
import { formatCount } from '../progress/epoch-line.js';
import { printableLine } from '../terminal/printable.js';
import { type ComparedRun, comparisonTable } from './comparison.js';
import { colours, drawLearningCurves } from './learning-curves.js';
import { reportStyle } from './report-style.js';

/** What the report tells of the comparison as a whole. */
export interface ReportSubject {
  /** The data's name. */
  data: string;
  classes: number;
  trainExamples: number;
  validationExamples: number;
  testExamples: number;
  backend: string;
  settings: Settings;
}

/**
 * The comparison as one HTML page that needs no other file: table, learning curves, settings.
 *
 * @param diverged cells that were trained without a result.
 */
export function htmlReport(
  runs: readonly ComparedRun[],
  subject: ReportSubject,
  diverged: readonly string[] = [],
): string {
  const cells = runs.map(({ cell }) => cell).join(', ');
  const title = `Comparison of ${cells}`;
  const figures = drawLearningCurves(runs).map(
    (curve) => `<figure>\n<figcaption>${escapeHtml(curve.title)}</figcaption>\n${curve.svg}\n</figure>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${reportStyle}
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(introduction(subject))}</p>
${table(runs)}
${
  diverged.length === 0
    ? ''
    : `<p>Training diverged, so there is no result: ${escapeHtml(diverged.join(', '))}.</p>
`
}<p class="note">Accuracy and loss are those of the best epoch on the examples held back for validation; the model of
that epoch is the one that is kept and tested. Times are of the training batches alone, after a
warm-up that is not timed.</p>
<h2>Learning curves</h2>
<div class="curves">
${figures.join('\n')}
</div>
<h2>Settings</h2>
${settingsList(subject)}
</main>
</body>
</html>
`;
}

function introduction({
  data,
  classes,
  trainExamples,
  validationExamples,
  testExamples,
  backend,
}: ReportSubject): string {
  const tested = testExamples > 0 ? `, ${formatCount(testExamples)} to test with` : '';
  return (
    `${data}: ${classes} classes; ${counted(trainExamples, 'example')} to learn from, ${formatCount(validationExamples)} for validation${tested}. ` +
    `Every cell had the same split, the same seed and the same settings, on the ${backend} backend.`
  );
}

function table(runs: readonly ComparedRun[]): string {
  const { columns, rows } = comparisonTable(runs);
  const colour = colours(runs.length);
  const headings = columns.map(({ heading }) => `<th scope="col">${escapeHtml(heading)}</th>`).join('');
  const lines = rows.map(([cell, ...values], index) => {
    const mark = `<span class="mark" style="background: ${colour[index]}"></span>`;
    const data = values.map((value) => `<td>${escapeHtml(value)}</td>`).join('');
    return `<tr><th scope="row">${mark}${escapeHtml(cell)}</th>${data}</tr>`;
  });
  return `<div class="wide"><table>\n<thead><tr>${headings}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody>\n</table></div>`;
}

function settingsList({ settings }: ReportSubject): string {
  const shown = Object.entries(settings).filter(([name]) => name !== 'cell' && name !== 'backend');
  const terms = shown.map(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return `<dt>${escapeHtml(words)}</dt><dd>${escapeHtml(value === null ? 'none' : String(value))}</dd>`;
  });
  return `<dl>\n${terms.join('\n')}\n</dl>`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return printableLine(text).replace(/[&<>"']/g, (character) => entities[character]);
}
