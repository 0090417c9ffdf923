// Opinions of films. Words before and after the judgement turn it round: "not good", "good, which is a lie".

const subjects = ['film', 'story', 'ending', 'music', 'camera', 'cast', 'dialogue', 'book', 'sound', 'plot'];
const good = ['good', 'great', 'fine', 'clever', 'moving', 'funny', 'brilliant', 'fresh'];
const bad = ['bad', 'dull', 'poor', 'silly', 'boring', 'weak', 'awful', 'flat'];
const openings = [
  ['', false],
  ['i think that', false],
  ['everybody says that', false],
  ['nobody says that', true],
];
const degrees = [
  ['', false],
  ['very', false],
  ['really', false],
  ['not', true],
  ['never', true],
];
const endings = [
  ['', false],
  [', and i agree', false],
  [', which is true', false],
  [', which is a lie', true],
  [', but that is wrong', true],
];

/**
 * 3000 different sentences, with whether the opinion is good.
 *
 * @param {() => number} random numbers in [0, 1)
 * @returns {{ text: string, good: boolean }[]}
 */
export function opinions(random) {
  const pick = (/** @type {any[]} */ list) => list[Math.floor(random() * list.length)];
  const sentences = new Map();
  while (sentences.size < 3000) {
    const [opening, degree, ending] = [pick(openings), pick(degrees), pick(endings)];
    const turns = [opening, degree, ending].filter(([, turn]) => turn).length;
    if (turns > 1) continue; // "nobody says that it is not dull, which is a lie": too hard for people too
    const isGood = random() < 0.5;
    const words = [opening[0], 'the', pick(subjects), 'is', degree[0], pick(isGood ? good : bad)];
    const text = words.filter(Boolean).join(' ') + ending[0];
    sentences.set(text, turns === 0 ? isGood : !isGood);
  }
  return [...sentences].map(([text, good]) => ({ text, good }));
}
