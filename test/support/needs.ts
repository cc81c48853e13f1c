// Tests that some machines cannot run are skipped by name, with the reason; never by returning early.

export type Test = ((name: string, run: () => void | Promise<void>) => void) & { skip(name: string): void };

/** The tests of this process that were skipped, each with what is lacking. */
export const skipped: { readonly name: string; readonly lacking: string }[] = [];

/** `test` where the machine has what is needed, else one that skips, and says what is lacking: "no ../shared/weights". */
export function needs(test: Test, has: unknown, lacking: string): Test {
  if (has) return test;
  const skipping = (name: string): void => skip(test, name, lacking);
  return Object.assign(skipping, { skip: test.skip });
}

export function skip(test: Test, name: string, lacking: string): void {
  test.skip(name);
  skipped.push({ name, lacking });
}
