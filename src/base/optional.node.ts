import { EngineError } from './errors';

/**
 * Loads a native package, which an installation for pages alone is without.
 * @param code of the error
 * @throws EngineError that tells how to install it; where it is there and cannot be loaded, why.
 */
export async function loadOptional<T>(name: string, use: string, code: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code: reason, message } = cause as NodeJS.ErrnoException;
    const absent = reason === 'ERR_MODULE_NOT_FOUND' || reason === 'MODULE_NOT_FOUND';
    const [line] = message.split('\n');
    throw new EngineError(
      code,
      `the package ${name}, which ${use}, ${absent ? 'is not installed' : `cannot be loaded: ${line}`}`,
      'Install toroid with its optional packages: npm install --include=optional',
    );
  }
}
