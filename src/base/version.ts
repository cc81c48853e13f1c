/** Filled in by the build (build.mjs) from package.json. */
declare const TOROID_VERSION: string;

export const VERSION: string = TOROID_VERSION;
