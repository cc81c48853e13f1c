// A session in one file, to go on with it on another machine: a zip of settings, pictures and results, read as a stranger's.

import { EngineError } from '../../base/errors';
import { isPng } from '../../base/first_bytes';
import { type NamedBytes, zip, zipEntries } from '../../base/zip';
import * as z from '../../base/zod';
import { cornersSchema, fillRecipe, type RecipeText } from '../../recipes/recipe';
import { sha256 } from '../api/sha256';
import type { Given, Retouching } from './given';
import type { Kept } from './keep';
import { fromAddress, type Made, toAddress } from './settings';

/** A result as a file has it: its thumbnail and its size are made of the picture again. */
export type FiledResult = Omit<Kept, 'thumb' | 'width' | 'height'>;

export interface Session {
  /** What is chosen now. */
  readonly made: Made;
  /** The latest first. */
  readonly results: readonly FiledResult[];
}

const INDEX = 'session.json';
/** Of a file, and of what is in it. */
const MOST_BYTES = 2 ** 30;

const pixels = z.int().min(0).max(65_535);
const picture = z.strictObject({ name: z.string().min(1).max(300), file: z.string().min(1).max(400) });
const share = z.number().min(0).max(1).optional();
const retouching = { flatten: share, colours: picture.optional(), strength: share };
const how = z.strictObject({
  ...retouching,
  turns: z.int().min(0).max(3),
  crop: z.strictObject({ x: pixels, y: pixels, width: pixels.min(1), height: pixels.min(1) }),
  angle: z.number().min(-45).max(45).optional(),
  corners: cornersSchema.optional(),
});
const given = picture.extend({
  as: z
    .strictObject({ ...retouching, corners: cornersSchema.optional(), preview: z.string().min(1).max(400) })
    .optional(),
  of: z.strictObject({ given: picture, how }).optional(),
});
const made = z.strictObject({
  /** As in the page's address, which is read with as much care. */
  settings: z.string().max(10_000),
  own: z.record(z.string(), z.unknown()).nullable(),
  inputs: z.record(z.string().max(100), given),
});
const result = made.extend({
  id: z.int().positive(),
  ...picture.shape,
  seconds: z.number().nonnegative(),
  seamless: z.boolean().nullable(),
});
const index = made.extend({
  toroid: z.literal('studio session'),
  version: z.literal(1),
  results: z.array(result).max(100),
});

type FiledPicture = z.infer<typeof picture>;
type FiledGiven = z.infer<typeof given>;
type FiledMade = z.infer<typeof made>;

/** The file of a session. A picture that was used twice is in it once. */
export async function writeSession({ made, results }: Session): Promise<Blob> {
  const files = new Map<string, NamedBytes>();
  const put = async ({ name, file }: { readonly name: string; readonly file: Blob }): Promise<FiledPicture> => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const key = (await sha256(bytes)) ?? `${files.size}`;
    const path = `pictures/${files.size + 1} ${name.replace(/[^\p{L}\p{N}._ -]+/gu, '-')}`;
    const entry = files.get(key) ?? { name: path, bytes };
    files.set(key, entry);
    return { name, file: entry.name };
  };
  const putColours = async <T extends Retouching>({ colours, ...how }: T) => ({
    ...how,
    ...(colours && { colours: await put(colours) }),
  });
  const putGiven = async (g: Given): Promise<FiledGiven> => ({
    ...(await put(g)),
    ...(g.as && {
      as: { ...(await putColours(g.as)), preview: (await put({ name: 'prepared.png', file: g.as.preview })).file },
    }),
    ...(g.of && { of: { given: await put(g.of.given), how: await putColours(g.of.how) } }),
  });
  const putMade = async ({ settings, own, inputs }: Made): Promise<FiledMade> => {
    const pairs: [string, FiledGiven][] = [];
    for (const [name, g] of Object.entries(inputs)) pairs.push([name, await putGiven(g)]);
    return { settings: toAddress(settings), own: own as FiledMade['own'], inputs: Object.fromEntries(pairs) };
  };
  const filed: z.infer<typeof result>[] = [];
  for (const r of results)
    filed.push({ id: r.id, seconds: r.seconds, seamless: r.seamless, ...(await put(r)), ...(await putMade(r)) });
  const text: z.infer<typeof index> = {
    toroid: 'studio session',
    version: 1,
    ...(await putMade(made)),
    results: filed,
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(text, null, 2)}\n`);
  return new Blob([zip([{ name: INDEX, bytes }, ...files.values()])], { type: 'application/zip' });
}

/**
 * Reads the file of a session; whether its pictures can be shown is not known yet.
 * @throws EngineError `PictureError` or `RecipeError` for what is none, is damaged, or of a later version
 */
export async function readSession(file: File): Promise<Session> {
  const none = (why: string): EngineError =>
    new EngineError('PictureError', `${file.name} is no session of this page: ${why}`, 'Export it there again.');
  if (file.size > MOST_BYTES) throw none('it is larger than 1 GiB');
  const entries = new Map(
    zipEntries(new Uint8Array(await file.arrayBuffer()), file.name, MOST_BYTES).map((e) => [e.name, e]),
  );
  const listed = await entries.get(INDEX)?.read();
  if (!listed) throw none(`there is no ${INDEX} in it`);
  const { data, error } = index.safeParse(parsed(listed));
  if (!data) {
    const [issue] = error.issues;
    throw none(`${issue?.path.join('.') || INDEX}: ${issue?.message}`);
  }
  const blobs = new Map<string, Blob>();
  const blobOf = async (path: string): Promise<Blob> => {
    const known = blobs.get(path);
    if (known) return known;
    const bytes = await entries.get(path)?.read();
    if (!bytes) throw none(`${path} is not in it`);
    const blob = new Blob([bytes], isPng(bytes) ? { type: 'image/png' } : {});
    blobs.set(path, blob);
    return blob;
  };
  const got = async (p: FiledPicture): Promise<Given> => ({ name: p.name, file: await blobOf(p.file) });
  const gotColours = async <T extends { colours?: FiledPicture | undefined }>({ colours, ...how }: T) => ({
    ...how,
    ...(colours && { colours: await got(colours) }),
  });
  const gotMade = async ({ settings, own, inputs }: FiledMade): Promise<Made> => {
    const pairs: [string, Given][] = [];
    for (const [name, { of, as, ...g }] of Object.entries(inputs))
      pairs.push([
        name,
        {
          ...(await got(g)),
          ...(as && { as: { ...(await gotColours(as)), preview: await blobOf(as.preview) } }),
          ...(of && { of: { given: await got(of.given), how: await gotColours(of.how) } }),
        },
      ]);
    const recipe = own && (fillRecipe(own as unknown as RecipeText) as RecipeText);
    return { settings: fromAddress(settings), own: recipe, inputs: Object.fromEntries(pairs) };
  };
  const results: FiledResult[] = [];
  for (const r of data.results)
    results.push({ id: r.id, seconds: r.seconds, seamless: r.seamless, ...(await got(r)), ...(await gotMade(r)) });
  return { made: await gotMade(data), results };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
