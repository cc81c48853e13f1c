import { EngineError } from '../base/errors';
import * as z from '../base/zod';
import { EXTRA_MAPS, MATERIALS } from '../material/choices';
import { lossSchema } from './losses';
import { optimiserSchema } from './optimisers';
import { describeIssues, type SchemaNode } from './recipe_errors';
import { viewSchema } from './views';

/** Rises when old recipes would mean something else; a recipe of a later version is refused. */
export const RECIPE_VERSION = 1;

const side = z.int('must be whole pixels').min(16, 'must be at least 16 pixels').max(16384, 'must be at most 16384');
const whole = (low: number, high: number): z.ZodInt =>
  z.int('must be a whole number').min(low, `must be at least ${low}`).max(high, `must be at most ${high}`);
const inputName = z.string().regex(/^[a-z][\w-]*$/i, 'must be a name: letters, digits, - and _');

/** See `rectified`. */
export const cornersSchema = z
  .array(z.number().min(0))
  .length(8, 'must be 8 numbers: x and y of four corners')
  .readonly()
  .describe('x and y of four corners, pixels, clockwise from the top left: what is between them is straightened');

/** A picture a recipe needs: a path, and what the file held when the recipe was run. */
const inputSchema = z.union([
  z.string().min(1),
  z.strictObject({
    path: z.string().min(1).describe('file, relative to the recipe or to where the command runs'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
      .optional()
      .describe('of the file as it was when the recipe was run'),
  }),
]);

const maskSchema = z.strictObject({
  input: inputName.describe('name of the input that is the mask: white counts, black does not'),
  feather: z.number().min(0).max(1024).default(0).describe('softness of its edge, pixels at full size'),
  invert: z.boolean().default(false).describe('black counts instead'),
});

const matchSchema = z.strictObject({
  to: inputName.describe('name of the input whose colours to take on'),
  how: z
    .enum(['covariance', 'histogram'])
    .default('covariance')
    .describe('covariance: mean, spread and which colours go together; histogram: how often each value occurs'),
});

/** See `retouched`. */
const retouchSchema = z.strictObject({
  flatten: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('how much of the light that changes over the whole picture is evened out'),
  match: matchSchema
    .extend({
      strength: z.number().min(0).max(1).default(1).describe('how far its colours go towards those: 1 is all the way'),
    })
    .optional()
    .describe('its colours become those of another input'),
});

export const styleSchema = z.strictObject({
  input: inputName.default('style').describe('name of the input that is the style'),
  weight: z.number().default(1).describe('share of this style; negative: away from it'),
  magnification: z
    .union([z.number().positive().max(16), z.array(z.number().positive().max(16)).min(1).max(8).readonly()])
    .default(1)
    .describe('how much larger its features appear than in the picture; a list: all of these sizes at once'),
  fit: z
    .enum(['native', 'canvas'])
    .default('native')
    .describe('native: a style pixel is a canvas pixel; canvas: the style is first sized to cover as many pixels'),
  mask: maskSchema.optional().describe('the part of the canvas this style is for'),
  from: maskSchema.optional().describe('the part of the style picture to take it from'),
  match: matchSchema.optional().describe('recolour the style before it is used'),
});

const jitterSchema = z
  .union([z.literal('auto'), z.boolean(), whole(0, 1024)])
  .default('auto')
  .describe(
    'roll the canvas by random whole pixels before each evaluation, up to this many; auto: the stride of the net, unless a loss compares position by position',
  );

/** How a stage of `method: copy` copies. */
export const copySchema = z.strictObject({
  variety: z
    .union([z.literal('auto'), z.number().min(0, 'must be 0 to 1').max(1, 'must be 0 to 1')])
    .default('auto')
    .describe(
      '0: the largest pieces that there are; 1: no two neighbouring pieces go on as in the picture; auto: 0.1, and 1 where what stands out most would be met again',
    ),
  evenness: z
    .number()
    .min(0)
    .max(4)
    .default(1)
    .describe('how much it matters that all parts of the picture are used equally often'),
  fit: z
    .enum(['size', 'scale', 'off'])
    .default('scale')
    .describe(
      'of what repeats regularly: scale: the picture is stretched by at most 3 % so that whole periods fill the tile; size: the tile takes the nearest size that they fill; off: neither',
    ),
  flatten: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe('even out light that changes over the whole picture; auto: where it would show as patches'),
  seal: z
    .boolean()
    .default(false)
    .describe('not a texture of pieces: the content itself is made to tile, as `toroid seal --keep-size` does'),
});

export const stageSchema = z
  .strictObject({
    method: z
      .enum(['optimize', 'copy'])
      .optional()
      .describe(
        'optimize, the default: steps make the losses small; copy: pieces of the styles are laid side by side and healed',
      ),
    copy: copySchema.optional().describe('of a stage that copies: how'),
    name: z.string().min(1).max(80).optional().describe('for reports and files'),
    resolution: z
      .union([z.enum(['each', 'first', 'last']), z.number().positive().max(1)])
      .default('each')
      .describe('at each scale of the recipe, at the first or last only, or at a fraction of the full size'),
    steps: whole(1, 100_000).default(100).describe('steps of the optimiser; each evaluates the losses once'),
    optimizer: optimiserSchema.prefault({ kind: 'adam' }).describe('how the losses are made small'),
    losses: z.array(lossSchema).default([]).describe('what is to be small: a signed sum; a stage that copies has none'),
    views: z.array(viewSchema).optional().describe("how the losses see the canvas; without it, the recipe's views"),
    jitter: jitterSchema,
  })
  .superRefine(({ method, losses, copy }, { addIssue }) => {
    const fault = (path: string, message: string): void => addIssue({ code: 'custom', path: [path], message });
    if (method !== 'copy' && losses.length === 0) fault('losses', 'must have at least one loss');
    if (method === 'copy' && losses.length > 0) fault('losses', 'must be left out where method is copy');
    if (method !== 'copy' && copy) fault('copy', 'is for stages whose method is copy');
  });

export const recipeSchema = z.strictObject({
  $schema: z.string().optional().describe('for editors'),
  toroid: z.literal(RECIPE_VERSION).default(RECIPE_VERSION).describe('version of the recipe format'),
  name: z.string().min(1).max(80).default('recipe').describe('for lists, reports and files'),
  about: z.string().max(2000).default('').describe('what it makes, for people'),
  seed: whole(0, 2 ** 32 - 1)
    .default(1)
    .describe('of every random number: the same seed on the same adapter gives the same picture'),
  size: z
    .union([z.tuple([side, side]).readonly(), side])
    .default(256)
    .describe("width and height, pixels; or the longer side: then of the content's proportions, or square without one"),
  tile: z.enum(['both', 'x', 'y', 'none']).default('both').describe('the axes along which the result joins itself'),
  net: z
    .union([
      z.string().min(1),
      z.strictObject({
        name: z.string().min(1).describe('as in `toroid weights list`, or the path of an ONNX file'),
        pooling: z.enum(['average', 'max', 'l2']).optional().describe("without it, the net's own"),
      }),
    ])
    .optional()
    .describe('network whose features the losses compare; none is needed where they compare the picture itself'),
  precision: z
    .enum(['f32', 'f16', 'f16-matrix'])
    .default('f32')
    .describe(
      'how the features and weights of the net are stored; f16: half the memory, 3 digits; f16-matrix: and multiplied by matrix hardware',
    ),
  inputs: z.record(inputName, inputSchema).default({}).describe('pictures by name'),
  rectify: z
    .record(inputName, cornersSchema)
    .optional()
    .describe('by input: the part of it that is straightened as it is read'),
  retouch: z
    .record(inputName, retouchSchema)
    .optional()
    .describe('by input: how its light and its colours are changed as it is read'),
  styles: z.array(styleSchema).default([]).describe('what to resemble'),
  content: inputName.optional().describe('name of the input that is the content picture'),
  canvas: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe(
      "expression of the init image, what the canvas starts as; without it the content, or noise of the styles' colours",
    ),
  enlarge: z
    .enum(['canvas', 'soft', 'detail'])
    .default('canvas')
    .describe(
      'canvas: enlarged as it is; soft: evenly blurred, where canvas leaves every few rows and columns fainter, which shows in fine grain; detail: what was changed is enlarged, and added to the init image of the new size',
    ),
  color: z
    .strictObject({
      space: z
        .enum(['styles', 'free', 'luminance'])
        .default('styles')
        .describe("styles: within the styles' colours; free: any; luminance: the content's colours stay"),
      palette: z
        .strictObject({
          input: inputName.describe('name of the input that the colours are taken from'),
          colors: whole(2, 256).describe('how many'),
          softness: z
            .number()
            .min(0)
            .max(1)
            .default(0)
            .describe(
              '0: every pixel has one of the colours; 1: between two they blend over the middle half of the way',
            ),
        })
        .optional()
        .describe('the result only uses this many colours of this input'),
    })
    .prefault({})
    .describe('which colours the canvas may have'),
  pin: maskSchema
    .extend({ picture: inputName.describe('name of the input that is kept where the mask is black') })
    .optional()
    .describe('inpainting: only the white part of the mask is worked on'),
  views: z.array(viewSchema).default([]).describe('how the losses see the canvas, one after another'),
  scales: z
    .strictObject({
      coarsest: whole(8, 4096).default(64).describe('shortest side of the first scale, pixels'),
      ratio: z.number().gt(0.2).lt(1).default(Math.SQRT1_2).describe('side of a scale over that of the next'),
      count: whole(1, 32).optional().describe('how many; without it, as many as coarsest and ratio give'),
    })
    .prefault({})
    .describe('the sizes that a run goes through, from coarse to full'),
  stages: z
    .array(stageSchema)
    .min(1, 'must have at least one stage')
    .max(64)
    .describe('what is done, one stage after another'),
  material: z
    .strictObject({
      preset: z.enum(MATERIALS).optional().describe('what the surface is taken for'),
      delight: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('how much of the light in the picture is taken out of its colours'),
      light: z.number().optional().describe('where it comes from, degrees: 0 right, 90 top; without it, estimated'),
      high: z.enum(['light', 'dark']).optional().describe('which tones are high; without it, estimated'),
      relief: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe('from the lowest to the highest point, over the width; without it, as steep as the preset has it'),
      maps: z.array(z.enum(EXTRA_MAPS)).default([]).describe('besides colour, height, normal, occlusion, roughness'),
    })
    .optional()
    .describe('maps of the result as a surface, written beside it'),
  zoom: z
    .strictObject({
      frames: whole(2, 10_000).describe('how many pictures'),
      factor: z.number().gt(1).max(2).default(1.05).describe('enlargement from one frame to the next'),
      turn: z.number().min(-180).max(180).default(0).describe('degrees from one frame to the next'),
    })
    .optional()
    .describe('a film: each result, enlarged about its middle, is the content of the next run'),
});

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema> & { readonly canvas: string };
/** A recipe as a person writes it. */
export type RecipeText = z.input<typeof recipeSchema>;
export type StageRecipe = z.output<typeof stageSchema>;
export type StyleRecipe = z.output<typeof styleSchema>;
export type Retouch = z.output<typeof retouchSchema>;
export type MaskRecipe = z.output<typeof maskSchema>;

/**
 * Checks a recipe and fills its defaults in.
 * @throws EngineError `RecipeError` with the path of everything that is wrong: `stages[0].losses[1].wieght: ...`
 */
export function fillRecipe(given: unknown): Recipe {
  const version = (given as { toroid?: unknown } | null)?.toroid;
  if (typeof version === 'number' && version > RECIPE_VERSION) {
    throw new EngineError(
      'RecipeError',
      `this recipe is of version ${version}; this toroid knows versions up to ${RECIPE_VERSION}`,
      'Install a newer toroid: npm install -g toroid',
    );
  }
  const filled = recipeSchema.safeParse(given);
  if (filled.success) {
    const canvas = filled.data.canvas ?? seedOf(filled.data);
    // How a stage copies is written out, so that a picture can be made again when the defaults are others.
    const stages = filled.data.stages.map((s) => (s.method === 'copy' ? { ...s, copy: s.copy ?? {} } : s));
    // Read once more, so that keys stand in one order, whether a canvas was given or not: files are compared by bytes.
    return { ...recipeSchema.parse({ ...filled.data, stages, canvas }), canvas };
  }
  const lines = describeIssues(filled.error.issues, given, recipeJsonSchema() as SchemaNode);
  throw new EngineError('RecipeError', lines.join('\n  '));
}

/** What a canvas starts as when nobody says. */
function seedOf({ content, styles }: z.output<typeof recipeSchema>): string {
  if (content !== undefined) return `picture(${content})`;
  return styles.some((s) => s.weight > 0) ? 'match(normal)' : '50 + plasma * 0.5';
}

/**
 * The JSON Schema of a recipe as a person writes it, for editors: schema/recipe.json. In pages without the descriptions,
 * which that file has.
 */
export function recipeJsonSchema(): object {
  jsonSchema ??= z.toJSONSchema(recipeSchema, { io: 'input' });
  return jsonSchema;
}
let jsonSchema: object | undefined; // only who errs or asks pays for it
