import { printableLine } from '../terminal/printable.js';

/** A column of a table: its heading, and which side its cells stand at. */
export interface Column {
  heading: string;
  align: 'left' | 'right';
}

/** A table in plain text, columns two spaces apart, headings underlined. Ends with a line break. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  // Escaped before its width is taken, so that the columns line up.
  return tableOf(
    columns.map((column) => ({ ...column, heading: printableLine(column.heading) })),
    rows.map((row) => row.map(printableLine)),
  );
}

function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, index) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(row[index]))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const space = ' '.repeat(widths[index] - displayWidth(cell));
        return columns[index].align === 'left' ? cell + space : space + cell;
      })
      .join('  ')
      .trimEnd();
  const headings = columns.map(({ heading }) => heading);
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return `${[line(headings), rule, ...rows.map(line)].join('\n')}\n`;
}

/** Code points, which is what a terminal's columns are for text without wide or combining characters. */
function displayWidth(text: string): number {
  return [...text].length;
}
