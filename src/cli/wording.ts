import type { Wording } from '../base/wording';

/** Options that are not called as the settings of the library are. */
const NAMES: Readonly<Record<string, string>> = { unchecked: 'weights-unchecked' };

const optionName = (name: string): string => NAMES[name] ?? name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** Settings as options: `--keep-range`, `--no-flatten`, `--method copy`, `--input style=stone.png`. */
export const optionWording: Wording = {
  setting: (name, value) =>
    value === false
      ? `--no-${optionName(name)}`
      : `--${optionName(name)}${value === undefined || value === true ? '' : ` ${value}`}`,
  input: (name, file) => `--input ${name}=${file}`,
};
