import type { Settings } from '../model/settings.js';
import { formatCount, formatQuantity } from '../terminal/numbers.js';
import { printableLine } from '../terminal/streams.js';
import { colours, drawLearningCurves } from './learning-curves.js';
import { type ComparedRun, comparisonTable } from './tables.js';

/** The facts about a comparison as a whole. */
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
 * @param diverged the cells whose training diverged.
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
    `${data}: ${classes} classes; ${formatQuantity(trainExamples, 'example')} to learn from, ${formatCount(validationExamples)} for validation${tested}. ` +
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

/**
 * The style sheet of the HTML report. Colours are variables with a light and a dark set; the
 * plots refer to them as well.
 */
export const reportStyle = `:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --rule: #d0d7de;
  --series-1: #2f6fb0; --series-2: #d9730d; --series-3: #2e8b57; --series-4: #b5343c;
  --series-5: #7d5ba6; --series-6: #8c6239; --series-7: #c2569d; --series-8: #5f6b76;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --text: #e6e9ed; --quiet: #9aa4af; --rule: #343b44;
    --series-1: #6cb0f5; --series-2: #ffa657; --series-3: #6fcf97; --series-4: #ff7b81;
    --series-5: #c4a3ec; --series-6: #d1a676; --series-7: #f49ad1; --series-8: #aab4bf;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
.note, figcaption, dt { color: var(--quiet); }
.note { font-size: .875rem; max-width: 48rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1rem .4rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child { text-align: left; }
thead th { font-weight: 600; color: var(--quiet); }
.mark { display: inline-block; width: .75em; height: .75em; margin-right: .5em; border-radius: 50%; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figure svg { --plot-background: var(--ground); width: 100%; height: auto; color: var(--text); }
figcaption { font-size: .875rem; margin-bottom: .25rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0; }
dd { margin: 0; }`;
