// node docs/scripts/gradient-picture.mjs: draws docs/guide/gradients.svg from the program of docs/guide/looking-inside.md.
// It needs built packages.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ts = createRequire(`${root}tests/package.json`)('typescript-5');
const page = readFileSync(`${root}docs/guide/looking-inside.md`, 'utf8');
const program = page
  .match(/```ts\n(.*?)```/gs)
  .find((block) => block.includes('normsByStep'))
  .slice(6, -3);
// The loop that prints the table is left out; in the tests' folder the program finds the packages.
const source = `${program.slice(0, program.indexOf('\nfor (const'))}\nexport { measure, rows };\n`;
const file = `${root}tests/.gradient-picture.mjs`;
writeFileSync(file, ts.transpile(source, { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 }));
const { measure, rows } = await import(pathToFileURL(file).href).finally(() => rmSync(file));

const [left, top, width, height] = [56, 16, 470, 300];
const [highest, lowest] = [2, -28];
const colours = ['#d1495b', '#8d6cab', '#3d7ea6', '#1b9e77', '#e08e0b', '#7a7a7a', '#a0522d'];
const x = (step) => left + ((step - 1) / 99) * width;
const y = (exponent) => top + ((highest - exponent) / (highest - lowest)) * height;
const text = (at, content, rest = '') => `<text x="${at[0]}" y="${at[1]}" ${rest}>${content}</text>`;

const parts = [];
for (let exponent = 0; exponent >= lowest; exponent -= 7) {
  parts.push(`<path d="M${left} ${y(exponent)}h${width}" stroke="#8885" />`);
  const label =
    exponent === 0 ? '1' : `10<tspan dy="-5" font-size="9">${String(exponent).replace('-', '−')}</tspan>`;
  parts.push(text([left - 8, y(exponent) + 4], label, 'text-anchor="end"'));
}
for (const step of [1, 25, 50, 75, 100]) {
  parts.push(text([x(step), top + height + 18], step, 'text-anchor="middle"'));
}
parts.push(text([left + width / 2, top + height + 36], 'time step', 'text-anchor="middle"'));

const lines = [];
for (const [name, cell, state, forgetBias] of rows) {
  const norms = await measure(cell, state, forgetBias);
  const points = norms.map((norm, i) => `${x(i + 1).toFixed(1)},${y(Math.log10(norm)).toFixed(1)}`);
  lines.push({ name, points });
}
lines.forEach(({ name, points }, i) => {
  parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colours[i]}" stroke-width="2" />`);
  const at = [left + width + 16, top + 20 + i * 22];
  parts.push(`<path d="M${at[0]} ${at[1] - 4}h18" stroke="${colours[i]}" stroke-width="3" />`);
  parts.push(text([at[0] + 24, at[1]], name));
});

const title = 'The norm of the gradient of the state at each step, relative to that of step 100';
writeFileSync(
  `${root}docs/guide/gradients.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 366" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12">
<rect width="700" height="366" fill="#fff" rx="6" />
<g fill="#222">
${parts.join('\n')}
</g>
</svg>
`,
);
