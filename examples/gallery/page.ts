import type { RecipeText } from '../../src/recipes/recipe';
import { copies, sheetsOf } from './copies';
import { materials } from './materials';
import { type Picture, pictures } from './pictures';

export const FOLDER = 'docs/images/gallery';
export const PAGE = 'docs/gallery.md';
/** What the sheets of copies are called to make them. */
export const COPIES = 'copies';
export const sheetFile = (k: number): string => `copies-${k + 1}.webp`;
/** What the sheet of materials is called to make it. */
export const MATERIALS = 'materials';
export const MATERIALS_FILE = 'materials.webp';
/** The net of pictures that need one: the smallest that sees as deep as relu5_1. */
export const NET = 'vgg19-16x-distilled';
/** What the page names in place of nets that nobody can fetch: the ones they are copies of. */
const PUBLIC: Readonly<Record<string, string>> = { [NET]: 'vgg19', 'squeezenet1.0': 'squeezenet1.0-zoo' };

const HEAD = `# Gallery

What the built-in recipes make of the pictures in \`examples/\`. Every command below works in a clone after
\`npm install && npm run build\`; those with \`--net\` also want that network: \`toroid weights pull vgg19\` fetches it (548 MiB, of
which 76 are kept), \`toroid weights pull squeezenet1.0-zoo\` the small one (5 MiB); \`toroid weights make vgg19-random\` and
\`--net vgg19-random\` try a recipe without any download, and make other pictures. Those shown were made by small copies of
these networks that have no public address (\`vgg19-16x-distilled\`, \`squeezenet1.0\`): yours will be of the same kind, not the same. \`toroid\` stands for \`node bin/toroid.mjs\`, or the installed program. Tiles are
shown repeated 2 x 2. The pictures are small because they were made without a GPU: each took a minute or so on two cores.

All recipes are JSON files in \`src/recipes/builtin/\`, a few lines each; \`toroid recipes --help\` says how to print and
change them, and \`examples/recipes/\` has some with comments to start from.
`;

const FOOT = `## How this page is made

\`node build.mjs cli examples && node build/examples/gallery/index.js\` makes all of it again; with names, only those
pictures. Texts and commands are in \`examples/gallery/pictures.ts\`.
`;

/** Words of the command that makes a picture, behind \`toroid\`, without the file to write. */
export function commandOf({ recipe, inputs, size, net, set }: Picture): string[] {
  return [
    'run',
    recipe,
    ...Object.entries(inputs ?? {}).flatMap(([name, file]) => ['--input', `${name}=${file}`]),
    ...(size === undefined ? [] : ['--size', String(size)]),
    ...(net ? ['--net', net === true ? NET : net] : []),
    ...(set ?? []).flatMap((s) => ['--set', s]),
  ];
}

/** The same as the page tells it: with a net that can be had. */
export const toldCommand = (picture: Picture): string[] => commandOf(picture).map((word) => PUBLIC[word] ?? word);

/** docs/gallery.md */
export function galleryPage(recipes: readonly RecipeText[]): string {
  const about = new Map(recipes.map((r) => [r.name, r.about]));
  const parts = pictures.map((p) => {
    const { name, title, recipe, text, tune } = p;
    const command = toldCommand(p).map((word) => (/[\s[\]'"*]/.test(word) ? `'${word}'` : word));
    return [
      `## ${title}`,
      `![${title}](images/gallery/${name}.jpg)`,
      `**${recipe}**: ${about.get(recipe)}`,
      text,
      ['```', `toroid ${command.join(' ')}`, '```'].join('\n'),
      // Shells take brackets for patterns.
      `To tune: ${tune.replaceAll(/--set ([^\s`]+)/g, "--set '$1'")}`,
    ].join('\n\n');
  });
  return `${[HEAD.trim(), ...parts, ...copiesPage(), ...materialsPage(), FOOT.trim()].join('\n\n')}\n`;
}

/** All examples copied, four to a sheet. */
function copiesPage(): string[] {
  const sheets = sheetsOf(copies).flatMap((sheet, k) => [
    `![${sheet.map((c) => c.name).join(', ')}, copied](images/gallery/${sheetFile(k)})`,
    sheet.map(({ name, text }) => `- **${name}**: ${text}`).join('\n'),
  ]);
  return [
    '## Copying the examples',
    'What `toroid texture examples/pebbles.png` and its like make with nothing else said: at the top left the exemplar and on the right the tile of 512 pixels, both at their own size; at the bottom left the tile repeated 2 x 2. Each took seconds on two cores without a GPU.',
    ...sheets,
  ];
}

/** Materials lit from four sides, all on one sheet. */
const materialsPage = (): string[] => [
  '## Materials, lit from four sides',
  'What `toroid material examples/pebbles.png --preset stone --render lit.png --sun 135,30` and its like make: the sun at the upper left, upper right, lower right and lower left, 30 degrees high; of each render of 3 x 3 tiles the place where four of them meet, at its own size.',
  `![${materials.map((m) => m.name).join(', ')}, lit](images/gallery/${MATERIALS_FILE})`,
  materials.map(({ name, preset, text }) => `- **${name}**, ${preset}: ${text}`).join('\n'),
];
