/** Whether this is Node; otherwise it is a browser, its page or one of its workers. */
export const inNode =
  typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';
