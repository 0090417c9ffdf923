import { relative } from 'node:path';
import { counted } from '../counted.js';

/** What may be left out of a folder of classes, one and several of them. */
const kinds = {
  besideClasses: ['file beside the folders of classes', 'files beside the folders of classes'],
  hidden: ['name that begins with a dot', 'names that begin with a dot'],
  emptyClass: ['class without files', 'classes without files'],
  readBefore: ['link to a folder that has been read', 'links to folders that have been read'],
} as const;

/** Counts what is left out of a folder, for one notice. */
export class LeftOut {
  private readonly found = new Map<keyof typeof kinds, { count: number; first: string }>();

  constructor(private readonly folder: string) {}

  add(kind: keyof typeof kinds, path: string): void {
    const { count, first } = this.found.get(kind) ?? { count: 0, first: relative(this.folder, path) };
    this.found.set(kind, { count: count + 1, first });
  }

  /** Tells how many of each, and the first one's name. */
  tell(notice: (message: string) => void): void {
    if (this.found.size === 0) return;
    const parts = [...this.found].map(([kind, { count, first }]) => {
      const [one, several] = kinds[kind];
      return `${counted(count, one, several)} (${first}${count > 1 ? ', …' : ''})`;
    });
    notice(`${this.folder}: left out: ${parts.join('; ')}.`);
  }
}
