// Grows a texture from a picture that is chosen; without one, from plasma. Vite finds the browser build by itself.
import './style.css';
import { type Device, EngineError, open, plasma, texture } from 'toroid';

const find = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const form = find<HTMLFormElement>('form');
const stop = find<HTMLButtonElement>('stop');
const progress = find<HTMLProgressElement>('progress');
const said = find<HTMLParagraphElement>('said');
const made = find<HTMLAnchorElement>('made');
const shown = find<HTMLDivElement>('shown');

// One device for all runs: kernels are compiled once. A device that was lost is replaced.
let device: Promise<Device> | undefined;

async function grow(picture: File | undefined, seed: number, enough: AbortSignal): Promise<void> {
  if ((await device)?.lost) device = undefined;
  device ??= open();
  const source = picture?.size ? picture : plasma({ size: [96, 96], seed: 5 });
  const tile = await texture(source, {
    device: await device,
    size: 128,
    steps: 40,
    seed,
    stop: enough,
    onWarning: (text) => console.info(text),
    onProgress({ stage, stages, step, steps }) {
      progress.value = (stage + step / steps) / stages;
      said.textContent = `Size ${stage + 1} of ${stages}`;
    },
  });
  URL.revokeObjectURL(made.href);
  made.href = URL.createObjectURL(await tile.toBlob()); // a PNG with the recipe inside
  made.hidden = false;
  shown.style.backgroundImage = `url(${made.href})`;
  said.textContent = `${tile.width} x ${tile.height} pixels${tile.stopped ? ', stopped early' : ''}`;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const enough = new AbortController();
  const fields = new FormData(form);
  stop.disabled = false;
  stop.onclick = () => enough.abort();
  try {
    await grow(fields.get('picture') as File, Number(fields.get('seed')), enough.signal);
  } catch (error) {
    device = undefined;
    // Messages of an EngineError say what to do; others are mistakes of ours.
    said.textContent = error instanceof EngineError ? error.message : String(error);
  } finally {
    stop.disabled = true;
  }
});
