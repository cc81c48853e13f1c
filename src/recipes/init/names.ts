/** A number in brackets after a name: `plasma(power=2)`, or by its place, `plasma(100, 2)`. */
export interface Option {
  readonly name: string;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  /** Only whole numbers (`bands`) or 0 and 1 (`stretch`). */
  readonly whole?: true;
}

export interface InitName {
  readonly name: string;
  /** What comes first in the brackets, if anything: another expression, or the name of an input. */
  readonly of?: 'expression' | 'input';
  readonly options: readonly Option[];
  /** How it is written. */
  readonly usage: string;
  /** What it paints, in one line. */
  readonly about: string;
}

const bands: Option = { name: 'bands', value: 3, lo: 1, hi: 3, whole: true };
const mean: Option = { name: 'mean', value: 127.5, lo: -1e4, hi: 1e4 };
const deviation: Option = { name: 'deviation', value: 50, lo: 0, hi: 1e4 };

/** Everything that an expression of the init image can name besides the recipe's inputs. Values are on a scale of 0..255. */
export const initNames: readonly InitName[] = [
  {
    name: 'noise',
    options: [bands],
    usage: 'noise(bands=3)',
    about: 'every pixel of its own, uniform from 0 to 255; bands=1 is grey',
  },
  {
    name: 'normal',
    options: [mean, deviation, bands],
    usage: 'normal(mean=127.5, deviation=50, bands=3)',
    about: 'every pixel of its own, normally distributed; bands=1 is grey',
  },
  {
    name: 'plasma',
    options: [
      { name: 'amplitude', value: 100, lo: 0, hi: 1e6 },
      // What it is when not given depends on `stretch`.
      { name: 'power', value: Number.NaN, lo: 0, hi: 10 },
      bands,
      { name: 'stretch', value: 0, lo: 0, hi: 1, whole: true },
    ],
    usage: 'plasma(amplitude=100, power=1.4, bands=3, stretch=0)',
    about: 'clouds of colour; more power is smoother; stretch=1 (power 0.5) fills 0 to 255; bands=1 is grey',
  },
  {
    name: 'spectrum',
    options: [{ name: 'power', value: 1, lo: -4, hi: 8 }, mean, deviation, bands],
    usage: 'spectrum(power=1, mean=127.5, deviation=50, bands=3)',
    about: 'clouds without the creases of plasma: power 0 is grain, 1 natural, 2 and more soft; bands=1 is grey',
  },
  {
    name: 'phase',
    of: 'input',
    options: [],
    usage: 'phase(style)',
    about: "noise with an input's colours and spectrum: its grain and scale without its shapes",
  },
  {
    name: 'picture',
    of: 'input',
    options: [],
    usage: 'picture(content), or just content',
    about: 'an input of the recipe, stretched to the canvas; it does not tile unless the picture does',
  },
  {
    name: 'rgb',
    options: [
      { name: 'red', value: 0, lo: -1e6, hi: 1e6 },
      { name: 'green', value: 0, lo: -1e6, hi: 1e6 },
      { name: 'blue', value: 0, lo: -1e6, hi: 1e6 },
    ],
    usage: 'rgb(127, 90, 48), or #7f5a30',
    about: 'one colour',
  },
  {
    name: 'match',
    of: 'expression',
    options: [],
    usage: 'match(plasma)',
    about: "moves and scales each colour axis of an expression to the styles' mean and spread",
  },
  {
    name: 'recolour',
    of: 'expression',
    options: [],
    usage: 'recolour(plasma)',
    about: "turns the colours of an expression into the styles': same mean, same spread, and colours that go together",
  },
  {
    name: 'grey',
    of: 'expression',
    options: [],
    usage: 'grey(content)',
    about: 'the brightness of an expression, without its colour',
  },
  {
    name: 'blur',
    of: 'expression',
    options: [{ name: 'radius', value: 2, lo: 0, hi: 4096 }],
    usage: 'blur(noise, radius=2)',
    about: 'softened by so many pixels of the canvas, around the torus',
  },
  {
    name: 'mirror',
    of: 'expression',
    options: [],
    usage: 'mirror(content)',
    about: 'the middle half of both axes, unfolded: any picture then joins itself',
  },
];

export const initName = (name: string): InitName | undefined => initNames.find((n) => n.name === name);
