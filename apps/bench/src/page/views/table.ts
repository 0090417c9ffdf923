import { html, type TemplateResult } from 'lit-html';

export interface Column<Row> {
  readonly heading: string;
  readonly title?: string;
  readonly cell: (row: Row) => unknown;
}

/**
 * A table that scrolls sideways on narrow screens; the first column stays.
 *
 * @param more rows behind the others.
 */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  more: unknown = '',
  name = 'results',
): TemplateResult {
  const [first, ...others] = columns;
  return html`
    <div class="scroll" role="region" aria-label=${caption} tabindex="0">
      <table class=${name}>
        <caption>${caption}</caption>
        <thead>
          <tr>${columns.map(({ heading, title = '' }) => html`<th scope="col" title=${title}>${heading}</th>`)}</tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) => html`
              <tr>
                <th scope="row">${first.cell(row)}</th>
                ${others.map(({ cell }) => html`<td>${cell(row)}</td>`)}
              </tr>
            `,
          )}
          ${more}
        </tbody>
      </table>
    </div>
  `;
}
