/** Descriptions of models as files and `getConfig` hold them. */

/** An object of a description, in camel case (`getConfig`) or snake case (files). */
export type Description = { readonly [key: string]: unknown };

/** How a description spells its keys. */
export interface Spelling {
  readonly className: 'className' | 'class_name';
  key(name: string): string;
}

export const camelCase: Spelling = { className: 'className', key: (name) => name };

export const snakeCase: Spelling = {
  className: 'class_name',
  key: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
};

/** The classes of models. */
export const MODELS = ['Sequential', 'Model', 'Functional'];

export const isRecord = (value: unknown): value is Description =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
