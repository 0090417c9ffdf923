import type { ColumnNames } from './example.js';

/** What the columns (or the keys, in JSON lines) are called unless the person says otherwise. */
export const defaultColumns: Readonly<ColumnNames> = { label: 'label', text: 'text' };

/**
 * Tells the person that data without columns make no use of the names they gave for them.
 *
 * @param source the data, for the message.
 */
export function noticeUnusedColumns(
  source: string,
  columns: ColumnNames,
  notice: (message: string) => void,
): void {
  const roles = (['label', 'text'] as const).filter((role) => columns[role] !== defaultColumns[role]);
  if (roles.length === 0) return;
  const options = roles.map((role) => `--${role}-column`).join(' and ');
  notice(`${source}: has no columns, so ${options} ${roles.length === 1 ? 'is' : 'are'} of no use here.`);
}
