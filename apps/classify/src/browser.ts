/** The parts of the classifier that need neither files nor Node: for pages that train the same models. */
export { displayNames } from './data/display-names.js';
export type { Example } from './data/example.js';
export { stratifiedSplit } from './data/split.js';
export { buildModel } from './model/build.js';
export { embeddedSettings, type OwnEquations, ownCellName, type Settings } from './model/settings.js';
export { deriveSeed, Generator, stream } from './random/generator.js';
export { bodyOfModel, describeModel, modelFiles } from './storage/model-json.js';
export { EncodedTexts, LabelledTexts } from './text/encoded-texts.js';
export { tokensOf, Vocabulary } from './text/vocabulary.js';
