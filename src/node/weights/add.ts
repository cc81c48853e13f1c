import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError } from '../../base/errors';
import { makeFolder } from '../../gpu/temp_files.node';
import { parseOnnx } from '../../nets/onnx/parse';
import { slim } from '../../nets/onnx/slim';
import type { Preprocessing } from '../../nets/preprocessing';
import { IMAGENET, type KnownWeights, knownWeights, type Net, netOf } from '../../nets/weights';
import { type RandomNet, randomVgg } from '../../nets/weights_random';
import { diskError } from './download';
import { externalFilesOf, type FoundWeights, fileSource, hashOf, loadNet, reader, resolveWeights } from './find';
import { type WeightsRecord, writeRecord } from './record';
import { withSource, writePiece } from './write';

export interface AddOptions {
  readonly name: string;
  readonly folder: string;
  /** A symbolic link instead of a copy. */
  readonly link?: boolean;
  /** What is not given here is assumed. */
  readonly preprocessing?: Partial<Preprocessing>;
  readonly style?: readonly string[];
  readonly content?: readonly string[];
  readonly dream?: readonly string[];
  readonly pooling?: KnownWeights['pooling'];
  readonly licence?: string;
  readonly source?: string;
}

export interface Added extends FoundWeights {
  readonly known: KnownWeights;
  /** What is assumed about it, in words; empty when nothing is. */
  readonly assumptions: string;
  /** Files that it goes on keeping weights in. */
  readonly beside: readonly string[];
  /** Such files whose weights are inside the copy now. */
  readonly inside: readonly string[];
}

/**
 * Puts a file of the user's own where it is found by name: read and checked, hashed, copied or linked, and with a
 * record of what its input has to look like. A file that the manifest knows by its hash goes by the manifest's name.
 * @throws EngineError `WeightsError`, `OnnxError`, `RecipeError` (no such layer), `DiskError`
 */
export async function addWeightFile(file: string, options: AddOptions): Promise<Added> {
  const { folder, link = false } = options;
  const found = resolveWeights(file);
  const { size, sha256 } = await hashed(file);
  const listed = knownWeights.find((w) => w.sha256 === sha256 && w.size === size);
  if (listed) {
    const path = place(file, join(folder, listed.file), link, null);
    return { name: listed.name, path, known: listed, beside: [], inside: [], assumptions: '' };
  }
  const readExternal = reader(file);
  const model = parseOnnx(fileSource(file), { name: basename(file), readExternal });
  const net = netOf(model, null);
  const data = externalFilesOf(file);
  if (net.layers.length === 0) {
    throw new EngineError('WeightsError', `${file} has no layer to compare`, 'Use a network with convolutions.');
  }
  const entry = entryOf(net, { ...options, size, sha256 });
  const path = join(folder, entry.file);
  const external = [];
  for (const { location, file, size } of data) external.push({ file: location, size, sha256: await hashOf(file) });
  const record: WeightsRecord = { weights: entry, of: null, ...(external.length > 0 && { external }) };
  let known = entry;
  const isInside = !link && data.length > 0 && resolve(path) !== resolve(found.path);
  if (resolve(path) === resolve(found.path)) writeRecord(path, record);
  else if (!isInside) place(file, path, link, record);
  else {
    // Names of such files are the exporter's, and the next net's may be the same: the copy has its weights inside.
    withSource(file, (source) =>
      writePiece(path, slim(source, { name: basename(file), layers: model.outputs, readExternal }).file, (own) => {
        known = { ...entry, ...own };
        return { weights: known, of: null };
      }),
    );
  }
  await loadNet(path, {});
  const isAssumed = !options.preprocessing || Object.keys(options.preprocessing).length === 0;
  const files = data.map((d) => d.file);
  const where = { beside: isInside ? [] : files, inside: isInside ? files : [] };
  return { name: entry.name, path, known, ...where, assumptions: isAssumed ? net.assumptions : '' };
}

function entryOf(net: Net, options: AddOptions & { size: number; sha256: string }): KnownWeights {
  const { name, size, sha256, preprocessing, style, content, dream, pooling } = options;
  const known = (layers: readonly string[] | undefined): string[] | undefined => {
    const wrong = layers?.find((l) => !net.names.values.has(l));
    if (wrong === undefined) return layers && [...layers];
    throw new EngineError(
      'RecipeError',
      `${net.name} has no layer ${wrong}`,
      `Its layers: ${net.names.usual.slice(0, 60).join(', ')}.`,
    );
  };
  return {
    name,
    file: `${name}.onnx`,
    about: `added by hand: ${net.name}`,
    url: null,
    mirrors: [],
    source: options.source ?? 'unknown',
    licence: options.licence ?? 'unknown',
    size,
    sha256,
    preprocessing: { ...net.preprocessing, ...preprocessing },
    layers: known(style)?.map((layer) => ({ layer, mean: 1, covariance: 1 })) ?? [...net.layers],
    content: known(content) ?? [...net.sets.content],
    dream: known(dream) ?? [...net.sets.dream],
    pooling: pooling ?? net.pooling,
    aliases: {},
    slim: false,
  };
}

/** Copies or links a file, and puts its record beside it. */
function place(from: string, to: string, link: boolean, record: WeightsRecord | null): string {
  if (resolve(from) === resolve(to)) return to;
  if (!link) {
    withSource(from, (source) => {
      const copy = {
        length: source.size,
        *bytes() {
          for (let at = 0; at < source.size; at += COPY) yield source.read(at, Math.min(COPY, source.size - at));
        },
      };
      writePiece(to, copy, record ? () => record : undefined);
    });
    return to;
  }
  try {
    makeFolder(dirname(to));
    if (existsSync(to)) rmSync(to);
    if (record) writeRecord(to, record);
    symlinkSync(resolve(from), to);
  } catch (cause) {
    throw diskError(to, cause);
  }
  return to;
}

const COPY = 1 << 20;

async function hashed(file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const piece of createReadStream(file, { highWaterMark: COPY })) {
      hash.update(piece);
      size += piece.length;
    }
  } catch (cause) {
    throw new EngineError('WeightsError', `cannot read ${file}: ${(cause as Error).message}`, 'Check the path.');
  }
  return { size, sha256: hash.digest('hex') };
}

/** Writes a network of random weights, with the record that makes it known by name. */
export function makeRandom(name: RandomNet, seed: number, folder: string, as: string = name): FoundWeights {
  const file = `${as}.onnx`;
  const path = join(folder, file);
  const [deep, end] = name === 'vgg19-random' ? ['relu4_4', 'VGG-19'] : ['relu4_3', 'VGG-16'];
  const record = (facts: { size: number; sha256: string }): WeightsRecord => ({
    weights: {
      name: as,
      file,
      about: `${end}, its convolutions with random weights (seed ${seed}) and average pooling`,
      url: null,
      mirrors: [],
      source: `toroid weights make ${name} --seed ${seed}`,
      licence: 'none needed: random numbers',
      ...facts,
      preprocessing: IMAGENET,
      layers: ['relu1_1', 'relu2_1', 'relu3_1', 'relu4_1'].map((layer) => ({ layer, mean: 1, covariance: 1 })),
      content: ['relu4_2'],
      dream: [deep, 'relu5_1'],
      pooling: 'average',
      aliases: {},
      slim: false,
    },
    of: null,
  });
  let made: WeightsRecord | undefined;
  writePiece(path, randomVgg(name, seed), (facts) => {
    made = record(facts);
    return made;
  });
  return { name: as, path, known: made?.weights ?? null };
}
