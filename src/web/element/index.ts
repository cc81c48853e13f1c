// `import 'toroid/element'` makes <toroid-texture> known.
import { defineToroidTexture } from './toroid_texture';

export type { ToroidTextureAttributes } from './jsx';

export { type ElementState, ToroidTexture, type ToroidTextureEvents } from './toroid_texture';

defineToroidTexture();
