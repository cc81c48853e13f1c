// Properties that are attributes: what is set of one is read of the other.

type Kind = 'text' | 'number' | 'flag';

/** Every attribute of the element, and what its property is. */
export const ATTRIBUTES = {
  src: 'text',
  size: 'number',
  recipe: 'text',
  seed: 'number',
  steps: 'number',
  tile: 'text',
  tiles: 'number',
  lit: 'text',
  alt: 'text',
  autoplay: 'flag',
  nocontrols: 'flag',
} as const satisfies Readonly<Record<string, Kind>>;

/** Gives a class the properties of `ATTRIBUTES`, but for those that it has itself. */
export function reflectAttributes(prototype: HTMLElement): void {
  for (const [name, kind] of Object.entries(ATTRIBUTES)) {
    if (Object.hasOwn(prototype, name)) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: HTMLElement) {
        const text = this.getAttribute(name);
        if (kind === 'flag') return text !== null;
        if (kind === 'text') return text;
        return text === null || text.trim() === '' ? null : Number(text);
      },
      set(this: HTMLElement, value: unknown) {
        setAttribute(this, name, value);
      },
    });
  }
}

export function setAttribute(element: HTMLElement, name: string, value: unknown): void {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** What was set of an element before its script had come hides the properties: it is set again. */
export function adoptEarlier(element: HTMLElement, names: readonly string[]): void {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const { [name]: value } = element as unknown as Record<string, unknown>;
    Reflect.deleteProperty(element, name);
    Reflect.set(element, name, value);
  }
}
