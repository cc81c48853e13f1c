// Materials as engines want them: `--for` and what belongs to it.
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { MadeMaterial } from '../app/material';
import { didYouMean } from '../base/did_you_mean';
import type { Shape } from '../material/export/glb';
import { TARGET_NAMES, TARGETS, type TargetName } from '../material/export/targets';
import { probeFile } from '../node/files';
import { nodePlatform } from '../node/platform';
import { parseNumber } from './arguments';

export interface ExportChoice {
  for?: TargetName[];
  zip?: boolean;
  glb?: Shape | true;
  ktx2?: boolean;
  exr?: boolean;
  widthCm?: number;
}

export const addExportOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--for <targets>',
        `files as they want them, several by commas: ${TARGET_NAMES.join(', ')} (default: each map as <map>.png)`,
      ).argParser(parseTargets),
    )
    .option('--zip', 'write one .zip instead of a folder')
    .addOption(
      new Option('--glb [shape]', 'also one .glb of the material on a plane or a sphere').choices(['plane', 'sphere']),
    )
    .option('--ktx2', 'also textures as .ktx2 with mips, for godot, three and raw; in .glb instead of PNG')
    .option('--exr', 'height and normals as .exr, where it is read')
    .addOption(
      new Option('--width-cm <n>', 'width of the tile on a wall: files that can hold it do').argParser(parseWidth),
    );

/** For the end of the help. */
export const targetsHelp = (): string =>
  `\nTargets of --for:\n${TARGET_NAMES.map((t) => `  ${t.padEnd(10)}  ${TARGETS[t].about}`).join('\n')}\n`;

function parseTargets(text: string): TargetName[] {
  const names = [...new Set(text.split(',').map((t) => t.trim()))];
  for (const name of names) {
    if ((TARGET_NAMES as readonly string[]).includes(name)) continue;
    throw new InvalidArgumentError(
      `There is no target ${name || '""'}. ${didYouMean(name, TARGET_NAMES) ?? `There are: ${TARGET_NAMES.join(', ')}.`}`,
    );
  }
  return names as TargetName[];
}

function parseWidth(text: string): number {
  const value = parseNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be above 0.');
}

/** Whether files are asked for that are not plain maps. */
export const exports = (choice: ExportChoice): boolean =>
  choice.for !== undefined ||
  [choice.zip, choice.glb, choice.ktx2, choice.exr, choice.widthCm].some((v) => v !== undefined);

/**
 * Where it goes, found out before the work: a folder, or an archive.
 * @param out what was asked for
 * @param name what to name it after
 */
export function exportPlace(out: string | undefined, name: string, { zip }: ExportChoice): string {
  const archive = zip === true || /\.zip$/i.test(out ?? '');
  const place = archive ? (out ?? `${name}.material`).replace(/(\.zip)?$/i, '.zip') : (out ?? `${name}.material`);
  probeFile(archive ? place : join(place, 'color.png'));
  return place;
}

/** @returns what was written */
export async function writeExport(
  place: string,
  made: MadeMaterial,
  { for: targets = ['raw'], glb, ktx2, exr }: ExportChoice,
  onWarning: (text: string) => void,
): Promise<string[]> {
  const encoder = ktx2 ? (await import('../node/ktx2')).encodeKtx2 : undefined;
  const { files, notices } = await made.files(targets, {
    exr: exr === true,
    ktx2: encoder,
    glb: glb === true ? 'plane' : glb,
  });
  for (const notice of notices) onWarning(notice);
  if (/\.zip$/i.test(place)) {
    const { zip } = await import('../base/zip');
    await nodePlatform.keepFile(place, zip(files));
    return [place];
  }
  for (const { name, bytes } of files) await nodePlatform.keepFile(join(place, name), bytes as Uint8Array<ArrayBuffer>);
  return files.map((f) => join(place, f.name));
}
