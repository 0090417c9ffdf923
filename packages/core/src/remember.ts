/**
 * A memory for what is made once for an owner and a key. What was made is garbage together with its owner.
 *
 * @returns what `make` has made for an owner and a key; it is called the first time.
 */
export function remember<Owner extends object, Made, Key = string>(): (
  owner: Owner,
  key: Key,
  make: () => Made,
) => Made {
  const known = new WeakMap<Owner, Map<Key, Made>>();
  return (owner, key, make) => {
    const own = known.get(owner) ?? new Map<Key, Made>();
    known.set(owner, own);
    if (!own.has(key)) own.set(key, make());
    return own.get(key) as Made;
  };
}
