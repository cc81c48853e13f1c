/** The latest picture, kept out of the page's state: it changes often, and only canvases care. */
export class BitmapView {
  bitmap: ImageBitmap | null = null;
  #watchers = new Set<(bitmap: ImageBitmap) => void>();

  show(bitmap: ImageBitmap): void {
    const old = this.bitmap;
    this.bitmap = bitmap;
    for (const watch of this.#watchers) watch(bitmap);
    old?.close();
  }

  /** @returns what ends it. The watcher is told of the picture there is at once. */
  watch(watcher: (bitmap: ImageBitmap) => void): () => void {
    this.#watchers.add(watcher);
    if (this.bitmap) watcher(this.bitmap);
    return () => void this.#watchers.delete(watcher);
  }
}
