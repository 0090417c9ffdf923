// Weather of a station that fails now and then: 240 days of temperatures, every hour, with gaps of up to a day.

/**
 * @param {() => number} random numbers in [0, 1)
 * @returns {{ celsius: number, known: boolean }[]} an entry for each hour
 */
export function weather(random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  let front = 0; // warm and cold air come and go over days
  let gap = 0; // hours until the station works again
  return Array.from({ length: 240 * 24 }, (_, hour) => {
    front = 0.985 * front + 0.6 * normal();
    gap = gap > 0 ? gap - 1 : random() < 0.04 ? Math.ceil(random() * 24) : 0;
    const day = 5 * Math.sin((2 * Math.PI * ((hour % 24) - 9)) / 24);
    return { celsius: 12 + day + front + 0.3 * normal(), known: gap === 0 };
  });
}
