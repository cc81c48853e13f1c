import { loadOptional } from '../base/optional.node';

/**
 * Dawn, which is WebGPU in Node. Bundlers of servers leave it where it is: it has a native part. Not in the file of what is exported: pages' types must not ask for it.
 * @throws EngineError `AdapterError`
 */
export const loadDawn = (): Promise<typeof import('webgpu')> =>
  loadOptional(
    'webgpu',
    'reaches the GPU',
    'AdapterError',
    () => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'webgpu'),
  );
