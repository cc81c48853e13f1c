// <toroid-texture> in JSX: of React 19 and 18, and of Preact. Where one of them is not installed, its part says nothing.
import type { ToroidTexture } from './toroid_texture.js';

type Settable =
  | 'src'
  | 'size'
  | 'recipe'
  | 'seed'
  | 'steps'
  | 'tile'
  | 'tiles'
  | 'lit'
  | 'alt'
  | 'autoplay'
  | 'nocontrols'
  | 'options';

/** What may be written of `<toroid-texture>` in JSX, besides what every element may have. */
export type ToroidTextureAttributes = { [K in Settable]?: ToroidTexture[K] | string | undefined } & {
  id?: string | undefined;
  class?: string | undefined;
  className?: string | undefined;
  slot?: string | undefined;
  hidden?: boolean | undefined;
  style?: object | undefined;
  key?: string | number | bigint | null | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the types of refs and children are those of whoever renders
  ref?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  children?: any;
};

interface Elements {
  'toroid-texture': ToroidTextureAttributes;
}

declare global {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
// @ts-ignore
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
// @ts-ignore
declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements extends Elements {}
  }
}
