import type { ComponentChildren } from 'preact';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right, so that they can be compared. */
  readonly isNumber?: boolean;
  /** Long text that may break anywhere. */
  readonly isLong?: boolean;
}

/**
 * Rows under headings. On a phone every row becomes a card with the headings beside its cells; the
 * roles are spelled out because browsers forget them then.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  empty,
}: {
  /** What the rows are, for those who cannot see where the table stands. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What is shown when there are no rows: an `EmptyState`. */
  readonly empty: ComponentChildren;
}) {
  if (rows.length === 0) return <>{empty}</>;
  return (
    <table class="table" role="table">
      <caption class="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, isNumber }) => (
            <th key={title} role="columnheader" scope="col" class={isNumber ? 'right' : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row, index) => (
          <tr key={index} role="row">
            {columns.map((column) => (
              <td key={column.title} role="cell" data-label={column.title} class={classOf(column)}>
                <div>{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classOf({ isNumber, isLong }: Pick<Column<unknown>, 'isNumber' | 'isLong'>) {
  if (isNumber) return 'right number';
  return isLong ? 'long' : undefined;
}
