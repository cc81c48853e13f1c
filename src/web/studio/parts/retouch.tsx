import type { JSX, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Raster } from '../../../base/raster';
import { checkPicture } from '../dropped';
import type { Preparation, Retouching } from '../given';
import { regionOf } from '../straighten';
import { Icon } from './icons';
import { useObjectUrl } from './mask';
import { Slider } from './slider';

interface Props {
  readonly bitmap: ImageBitmap;
  readonly how: Preparation;
  onChange(to: Retouching): void;
}

/** Pixels of the longer side of what is shown. */
const SHOWN = 256;
/** Milliseconds without a further change of the part before it is cut out again. */
const QUIET_MS = 150;

const look = () => import('../prepared_look');

/** The part as it will be used, and what changes its light and its colours. */
export function Retouch({ bitmap, how, onChange }: Props): JSX.Element {
  const paper = useRef<HTMLCanvasElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState('');
  const { flatten = 0, strength = 1 } = how;
  const url = useObjectUrl(how.colours?.file);
  useLook(paper, bitmap, how);
  const choose = async (file: File | undefined): Promise<void> => {
    setFault('');
    if (!file) return;
    try {
      await checkPicture(file, file.name);
      await (await look()).coloursSeen(file, file.name);
      onChange({ colours: { name: file.name, file } });
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <div class="retouch">
      <figure>
        <canvas ref={paper} data-test="retouched" />
        <figcaption class="quiet">As it will be used</figcaption>
      </figure>
      <div>
        <Slider
          label="Even out the light"
          text={flatten === 0 ? 'as it is' : `${Math.round(100 * flatten)} %`}
          value={flatten}
          min={0}
          max={1}
          step={0.05}
          test="flatten"
          onInput={(to) => onChange({ flatten: to })}
        />
        <div class="row">
          <button type="button" onClick={() => chooser.current?.click()}>
            {url ? <img class="swatch-of" src={url} alt="" /> : <Icon name="picture" />}
            {how.colours ? `In the colours of ${how.colours.name}` : 'In the colours of another picture'}
          </button>
          {how.colours && (
            <button
              type="button"
              class="square plain"
              aria-label="In its own colours"
              title="In its own colours"
              onClick={() => onChange({ colours: undefined, strength: undefined })}
              data-test="own-colours"
            >
              <Icon name="close" />
            </button>
          )}
        </div>
        {how.colours && (
          <Slider
            label="How far"
            text={`${Math.round(100 * strength)} %`}
            value={strength}
            min={0}
            max={1}
            step={0.05}
            test="strength"
            onInput={(to) => onChange({ strength: to })}
          />
        )}
        {fault && <p role="alert">{fault}</p>}
      </div>
      <input
        ref={chooser}
        type="file"
        hidden
        accept="image/*"
        data-test="colours-of"
        onChange={(e) => {
          void choose(e.currentTarget.files?.[0]);
          e.currentTarget.value = '';
        }}
      />
    </div>
  );
}

/** Draws what the engine will make of the part. */
function useLook(paper: RefObject<HTMLCanvasElement | null>, bitmap: ImageBitmap, how: Preparation): void {
  const [region, setRegion] = useState<Raster | null>(null);
  const [colours, setColours] = useState<Raster | null>(null);
  const { flatten, strength } = how;
  const corners = regionOf(how, [bitmap.width, bitmap.height]);
  useEffect(() => {
    const cut = async (): Promise<void> => setRegion((await look()).regionSeen(bitmap, corners, SHOWN));
    const waiting = setTimeout(() => void cut().catch(() => {}), QUIET_MS); // nothing but transparency: nothing to show
    return () => clearTimeout(waiting);
  }, [bitmap, corners.join()]);
  useEffect(() => {
    let gone = false;
    const { colours: of } = how;
    setColours(null);
    if (of)
      void look()
        .then(({ coloursSeen }) => coloursSeen(of.file, of.name))
        .then(
          (raster) => gone || setColours(raster),
          () => {}, // chosen in another browser, which could show it
        );
    return () => {
      gone = true;
    };
  }, [how.colours]);
  useEffect(() => {
    let gone = false;
    void look().then(({ pixelsOf }) => {
      const canvas = paper.current;
      if (gone || !canvas || !region) return;
      [canvas.width, canvas.height] = [region.width, region.height];
      canvas.getContext('2d')?.putImageData(pixelsOf(region, { flatten, strength }, colours), 0, 0);
    });
    return () => {
      gone = true;
    };
  }, [region, colours, flatten, strength]);
}
