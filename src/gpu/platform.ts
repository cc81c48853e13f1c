/** Platform services a device needs: Node and browsers each bring their own. */
export interface Platform {
  /** Waits for work on the GPU. Software adapters need care here; see wait_gpu.node.ts. */
  waitFor<T>(pending: Promise<T>, software: boolean): Promise<T>;
  /** Lets go of whatever keeps the WebGPU implementation alive. */
  release(): void;
  /** The GPUDevice is somebody else's: it is never destroyed, only what was made on it. */
  readonly borrowed?: boolean;
}
