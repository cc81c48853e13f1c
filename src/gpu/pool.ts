/** Counters of a pool, in bytes. */
export interface PoolUse {
  /** Handed out now. */
  readonly live: number;
  /** Kept for reuse. */
  readonly idle: number;
  /** The most that was ever held at once, live and idle together. */
  readonly peak: number;
}

/**
 * Storage buffers by size class, reused between plans. Classes are eighths of a power of two, so a
 * buffer wastes at most an eighth of itself, and a canvas that grows by a constant ratio finds few of
 * its old buffers useful: `trim` gives idle ones back to the device between stages.
 */
export class BufferPool {
  readonly #idle = new Map<number, GPUBuffer[]>();
  #live = 0;
  #idleBytes = 0;
  #peak = 0;

  /** @param make how buffers are made, where somebody keeps count of them */
  constructor(
    readonly device: GPUDevice,
    private readonly make: (wanted: GPUBufferDescriptor) => GPUBuffer = (wanted) => device.createBuffer(wanted),
  ) {}

  /** The size a request is rounded up to: a multiple of 256 bytes, at most an eighth too large. */
  static classOf(bytes: number): number {
    const step = Math.max(256, 2 ** Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
    return Math.max(256, Math.ceil(bytes / step) * step);
  }

  /** A buffer of at least `bytes`, contents undefined, usable as storage, uniform and copy source and target. */
  acquire(bytes: number, label: string): GPUBuffer {
    // Rounding up must not push a buffer that fits over the device's limit.
    const limit = Math.min(this.device.limits.maxBufferSize, this.device.limits.maxStorageBufferBindingSize);
    const size = bytes <= limit ? Math.min(BufferPool.classOf(bytes), Math.floor(limit / 4) * 4) : bytes;
    this.#live += size;
    const kept = this.#idle.get(size)?.pop();
    if (kept) {
      this.#idleBytes -= size;
      kept.label = label;
      return kept;
    }
    this.#peak = Math.max(this.#peak, this.#live + this.#idleBytes);
    return this.make({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  release(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    this.#idleBytes += buffer.size;
    const kept = this.#idle.get(buffer.size);
    if (kept) kept.push(buffer);
    else this.#idle.set(buffer.size, [buffer]);
  }

  /** Takes back a buffer that is of no use to anyone. */
  discard(buffer: GPUBuffer): void {
    this.#live -= buffer.size;
    buffer.destroy();
  }

  /** Destroys every idle buffer. */
  trim(): void {
    for (const kept of this.#idle.values()) for (const buffer of kept) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  get use(): PoolUse {
    return { live: this.#live, idle: this.#idleBytes, peak: this.#peak };
  }
}
