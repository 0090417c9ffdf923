import { html, type TemplateResult } from 'lit-html';

import type { Column } from '../../report/numbers.js';

/**
 * A table that scrolls sideways on narrow screens; the first column stays.
 *
 * @param more rows behind the others.
 */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row, unknown>[],
  rows: readonly Row[],
  more: unknown = '',
  name = 'results',
): TemplateResult {
  return html`
    <div class="overflow-auto" role="region" aria-label=${caption} tabindex="0">
      <table class=${name}>
        <caption>${caption}</caption>
        <thead>
          <tr>${columns.map(([heading, , title = '']) => html`<th scope="col" title=${title}>${heading}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) => html`
              <tr>
                ${columns.map(([, cell], i) => (i === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td>${cell(row)}</td>`))}
              </tr>
            `,
          )}
          ${more}
        </tbody>
      </table>
    </div>
  `;
}
