/** How messages name what their reader can set. The library's way, unless the program says its own with `setWording`. */
export interface Wording {
  /** A setting of a call, alone or with the value to give it: `method: 'copy'`, `--method copy`. */
  setting(name: string, value?: string | number | boolean): string;
  /** The picture for an input of a recipe. */
  input(name: string, file: string): string;
}

let wording: Wording = {
  setting: (name, value) =>
    value === undefined ? name : `${name}: ${typeof value === 'string' ? `'${value}'` : value}`,
  input: (name) => `${name} among the inputs`,
};

/** For the program as a whole, before it does anything: the command line has options. */
export const setWording = (own: Wording): void => {
  wording = own;
};

export const setting: Wording['setting'] = (name, value) => wording.setting(name, value);
export const input: Wording['input'] = (name, file) => wording.input(name, file);
