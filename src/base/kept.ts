/**
 * What was made last of an object, kept as long as the object lives: asked for again with the same key, it is not made again. The key says
 * all else that it depends on. Neither it nor the object may be changed.
 */
export class Kept<T extends object, R> {
  readonly #last: WeakMap<T, { readonly key: string; readonly made: R }> = new WeakMap();

  of(object: T, key: string, make: () => R): R {
    const last = this.#last.get(object);
    if (last?.key === key) return last.made;
    const made = make();
    this.#last.set(object, { key, made });
    return made;
  }
}
