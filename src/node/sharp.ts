/** Loaded when first needed: it takes 0.1 s, and --help needs no pictures. */
export const loadSharp = async (): Promise<typeof import('sharp')['default']> => (await import('sharp')).default;
