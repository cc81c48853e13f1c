// Written by `npm run docs` from the files of this folder: only the order is yours, that of listings.
import type { RecipeText } from '../recipe';
import collage from './collage.json';
import dream from './dream.json';
import dreamGuided from './dream-guided.json';
import halfDrop from './half-drop.json';
import honeycomb from './honeycomb.json';
import inpaint from './inpaint.json';
import inpaintCopy from './inpaint-copy.json';
import kaleidoscope from './kaleidoscope.json';
import mindseye from './mindseye.json';
import mix from './mix.json';
import ornament from './ornament.json';
import recolour from './recolour.json';
import regular from './regular.json';
import reverie from './reverie.json';
import seamless from './seamless.json';
import style from './style.json';
import styleLarge from './style-large.json';
import texture from './texture.json';
import textureCopy from './texture-copy.json';
import textureNet from './texture-net.json';
import textureSliced from './texture-sliced.json';
import textureW2 from './texture-w2.json';
import twoLands from './two-lands.json';
import wallpaper from './wallpaper.json';

/** The recipes that come with toroid. */
export const builtinRecipes = [
  texture,
  regular,
  textureNet,
  textureW2,
  textureSliced,
  recolour,
  mix,
  twoLands,
  seamless,
  inpaint,
  inpaintCopy,
  kaleidoscope,
  wallpaper,
  halfDrop,
  honeycomb,
  collage,
  style,
  styleLarge,
  mindseye,
  dream,
  dreamGuided,
  reverie,
  ornament,
  textureCopy,
] as readonly RecipeText[];
