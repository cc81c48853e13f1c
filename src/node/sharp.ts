import { loadOptional } from '../base/optional.node';

/**
 * Loaded when first needed: it takes 0.1 s, and --help needs no pictures.
 * @throws EngineError `PictureError`
 */
export const loadSharp = async (): Promise<typeof import('sharp')['default']> =>
  (await loadOptional('sharp', 'reads and writes pictures', 'PictureError', () => import('sharp'))).default;
