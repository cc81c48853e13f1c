// KTX2 textures by Basis Universal, compiled to WebAssembly: https://registry.khronos.org/KTX/specs/2.0/ktxspec.v2.html
import { loadOptional } from '../base/optional.node';
import type { Ktx2Encoder, MipLevel } from '../material/export/export';

/**
 * UASTC, each level compressed by Zstandard. Levels are encoded one by one, since the encoder would make mips of its own, by a filter that it
 * does not name; UASTC has nothing that levels share.
 */
export const encodeKtx2: Ktx2Encoder = async (levels, { srgb }) => {
  const use = 'writes KTX2 textures';
  const { encodeToKTX2 } = await loadOptional('ktx2-encoder', use, 'OutputError', () => import('ktx2-encoder'));
  const ktx = await loadOptional('ktx-parse', use, 'OutputError', () => import('ktx-parse'));
  const encoded = async ({ width, height, rgba }: MipLevel): Promise<Uint8Array> =>
    await encodeToKTX2(rgba, {
      isUASTC: true,
      // Of 0..4. The usual 2 takes 3.5 times as long: 8 s for a megapixel.
      uastcLDRQualityLevel: 1,
      isKTX2File: true,
      generateMipmap: false,
      needSupercompression: true,
      isPerceptual: srgb,
      isSetKTX2SRGBTransferFunc: srgb,
      imageDecoder: async () => ({ width, height, data: rgba }),
    });
  const files: ReturnType<typeof ktx.read>[] = [];
  for (const level of levels) files.push(ktx.read(await muted(() => encoded(level))));
  const [first] = files;
  if (!first) return new Uint8Array();
  first.levels = files.flatMap((f) => f.levels);
  first.levelCount = files.length;
  // The encoder says BT.709 of everything; numbers have no primaries.
  const descriptor = first.dataFormatDescriptor[0];
  if (descriptor && !srgb) descriptor.colorPrimaries = ktx.KHR_DF_PRIMARIES_UNSPECIFIED;
  first.keyValue.KTXorientation = 'rd';
  return ktx.write(first, { keepWriter: true });
};

/** The encoder prints what it does, and stdout is for results. */
async function muted<T>(work: () => Promise<T>): Promise<T> {
  const { log, warn, info } = console;
  const nothing = (): void => {};
  Object.assign(console, { log: nothing, warn: nothing, info: nothing });
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, info });
  }
}
