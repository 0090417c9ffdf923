/** One labelled text. */
export interface Example {
  label: string;
  text: string;
  /** Where it was read: the line in its file, from 1; absent where a file is one example. */
  line?: number;
}

/** The names of the columns (or of the keys, in JSON lines) that hold the label and the text. */
export interface ColumnNames {
  label: string;
  text: string;
}

/** What a reader needs to know of the file whose text it is given. */
export interface Source {
  /** The file's name, for messages. */
  name: string;
  columns: ColumnNames;
  problems: RowProblems;
}

/** What becomes of a row that cannot be read: an error at once, or a count. */
export interface RowProblems {
  /**
   * Reports that the row at `line` of `file` cannot be used.
   *
   * @throws InputError with the file, the line and the reason, unless bad rows are skipped.
   */
  found(file: string, line: number | undefined, reason: string): void;
  /** Rows left out so far. */
  readonly skipped: number;
}
