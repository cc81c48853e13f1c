// Tests that some machines cannot run are skipped by name, with the reason; never by returning early.

type Test = ((name: string, run: () => void | Promise<void>) => void) & { skip(name: string): void };

/** The tests of this process that were skipped, each with what is lacking. */
export const skipped: { readonly name: string; readonly lacking: string }[] = [];

/** `test` where the machine has what is needed, else one that skips, and says what is lacking: "no ../shared/weights". */
export function needs(test: Test, has: unknown, lacking: string): (...of: Parameters<Test>) => void {
  return has ? test : (name) => skip(test, name, lacking);
}

export function skip(test: Test, name: string, lacking: string): void {
  test.skip(name);
  skipped.push({ name, lacking });
}
