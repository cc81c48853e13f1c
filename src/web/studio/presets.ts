// The built-in recipes as an artist looks for them: by what is to be done, under plain names.

import { maskInputs, wantedInputs } from '../../app/inputs';
import { builtinRecipes } from '../../recipes/builtin';
import type { Recipe, RecipeText } from '../../recipes/recipe';
import type { Settings } from './settings';

export type TaskId = 'grow' | 'material' | 'tile' | 'pattern' | 'style' | 'lands' | 'dream';

export interface Task {
  readonly id: TaskId;
  readonly name: string;
  /** Names of recipes, and what they are called here; the first is what a click on the task chooses. */
  readonly presets: readonly (readonly [preset: string, name: string])[];
}

export const TASKS: readonly Task[] = [
  {
    id: 'grow',
    name: 'Grow a texture',
    presets: [
      ['texture-copy', 'From pieces of the picture'],
      ['texture', 'Anew, patch by patch'],
      ['regular', 'Bricks, weaves and tiles'],
      ['recolour', 'In the colours of another picture'],
      ['texture-net', 'By a network: clear outlines'],
      ['texture-w2', 'By a network: faint features too'],
      ['texture-sliced', 'By a network: most faithful, slowest'],
    ],
  },
  {
    id: 'tile',
    name: 'Mend a photo',
    presets: [
      ['seamless', 'Make the photo itself tile'],
      ['inpaint-copy', 'Fill a hole with pieces around it'],
      ['inpaint', 'Fill a hole, grown anew'],
    ],
  },
  {
    id: 'pattern',
    name: 'Make a pattern',
    presets: [
      ['wallpaper', 'Wallpaper, mirrored and turned'],
      ['half-drop', 'Half-drop print'],
      ['honeycomb', 'Honeycomb'],
      ['kaleidoscope', 'Kaleidoscope'],
    ],
  },
  {
    id: 'lands',
    name: 'Join two materials',
    presets: [
      ['two-lands', 'Side by side, along a mask'],
      ['mix', 'Something between the two'],
    ],
  },
  {
    id: 'style',
    name: 'Paint in a style',
    presets: [
      ['style', 'A photo in the style of another'],
      ['style-large', 'The same, large'],
      ['collage', 'A photo laid out of pieces of another'],
    ],
  },
  {
    id: 'dream',
    name: 'Dream',
    presets: [
      ['dream', 'What a network sees in a photo'],
      ['dream-guided', 'Of the things in a second picture'],
      ['reverie', 'Of nothing in particular'],
      ['ornament', 'Masks and altars in a mirror'],
      ['mindseye', 'Clouds that turn into a style'],
    ],
  },
];

/** Not by a preset of its own: any tile has maps. These are those that look like surfaces. */
export const MATERIAL_TASK: Task = {
  id: 'material',
  name: 'Make a material',
  presets: [
    ['texture-copy', 'From pieces of the photo'],
    ['regular', 'Of bricks, weaves and tiles'],
    ['texture', 'Grown anew, patch by patch'],
  ],
};

export const taskOf = ({ preset, material }: Pick<Settings, 'preset' | 'material'>): Task | undefined =>
  material === null ? TASKS.find((t) => t.presets.some(([name]) => name === preset)) : MATERIAL_TASK;

/** What a recipe is called here. */
export const presetName = (preset: string): string =>
  TASKS.flatMap((t) => t.presets).find(([name]) => name === preset)?.[1] ?? preset;

const LOSSES: Readonly<Record<string, string>> = {
  patches: 'small pieces',
  spectrum: 'straight, even rows',
  mean: 'colours and features',
  gram: 'what goes together',
  moments: 'the style, evenly',
  gaussian: 'the style, smoothly',
  sliced: 'all about the style',
  content: 'what the photo shows',
  tv: 'smoothness',
  enhance: 'what the network sees',
  guide: 'things of the guide',
  anchor: 'staying as it began',
};

/** What a loss, or a term of one, is for, and its name, by which the reference has it. */
export function lossName(term: string): string {
  const words = LOSSES[term.split(' ', 1)[0] ?? ''];
  return words ? `${words} (${term})` : term;
}

/** Films need a place for many pictures: that is the command line's. */
export const shownRecipes: readonly RecipeText[] = builtinRecipes.filter((r) => r.zoom === undefined);

/** An input in words: what it is, and what it is for. */
export interface InputWords {
  readonly title: string;
  readonly about: string;
}

const WORDS: Readonly<Record<string, InputWords>> = {
  content: { title: 'photo', about: 'what is to be seen' },
  mask: { title: 'mask', about: 'paint what is to change' },
  canvas: { title: 'start', about: 'what to start from' },
  other: { title: 'second material', about: 'where nothing is painted' },
  colours: { title: 'colours', about: 'a picture that has them' },
  guide: { title: 'guide', about: 'a picture of what to dream of' },
};

export function inputWords(recipe: Recipe, name: string): InputWords {
  const all = wantedInputs(recipe);
  if (name === 'other' && maskInputs(recipe).length === 0)
    return { title: 'second material', about: 'to meet half-way' };
  if (name === 'mask' && all.includes('other')) return { title: 'mask', about: 'paint where the first is to be' };
  if (name.endsWith('-colours')) return { title: 'colours', about: 'a picture that has them' };
  if (name !== 'style') return WORDS[name] ?? { title: name, about: 'a picture' };
  if (all.includes('other')) return { title: 'first material', about: 'a picture of it' };
  return all.includes('content')
    ? { title: 'style', about: 'what it is to look like' }
    : { title: 'picture', about: 'what to grow more of' };
}
