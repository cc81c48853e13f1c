/** A place in the text, for errors: index of the first character. */
interface Placed {
  readonly at: number;
}
export type InitNode =
  | (Placed & { readonly kind: 'colour'; readonly rgb: readonly [number, number, number]; readonly number: boolean })
  | (Placed & { readonly kind: 'negate'; readonly of: InitNode })
  | (Placed & {
      readonly kind: 'binary';
      readonly sign: '+' | '-' | '*' | '/';
      readonly left: InitNode;
      readonly right: InitNode;
    })
  | (Placed & {
      readonly kind: 'generator';
      readonly name: 'noise' | 'normal' | 'plasma' | 'spectrum';
      readonly options: ReadonlyMap<string, number>;
      /** How many of the same name stand before it: each has random numbers of its own. */
      readonly occurrence: number;
    })
  | (Placed & {
      readonly kind: 'input';
      readonly name: 'picture' | 'phase';
      readonly input: string;
      readonly occurrence: number;
    })
  | (Placed & {
      readonly kind: 'filter';
      readonly name: 'match' | 'recolour' | 'grey' | 'blur' | 'mirror';
      readonly of: InitNode;
      readonly options: ReadonlyMap<string, number>;
    });

/** What a canvas is painted from, read and checked. Numbers are on a scale of 0..255. */
export interface InitExpression {
  readonly text: string;
  readonly root: InitNode;
}

/** Names of the inputs an expression uses, in order, each once. */
export function initInputs(e: InitExpression): string[] {
  const names = new Set<string>();
  visit(e.root, (node) => {
    if (node.kind === 'input') names.add(node.input);
  });
  return [...names];
}

/** Whether it needs a style to match colours to. */
export function initMatches(e: InitExpression): boolean {
  let found = false;
  visit(e.root, (node) => {
    found ||= node.kind === 'filter' && (node.name === 'match' || node.name === 'recolour');
  });
  return found;
}

/** Shows every node of a tree. */
export function visit(node: InitNode, see: (node: InitNode) => void): void {
  see(node);
  if (node.kind === 'negate' || node.kind === 'filter') visit(node.of, see);
  if (node.kind === 'binary') {
    visit(node.left, see);
    visit(node.right, see);
  }
}

/** The value of an expression of plain numbers, undefined of any other. */
export function numberOf(node: InitNode): number | undefined {
  if (node.kind === 'colour') return node.number ? node.rgb[0] : undefined;
  if (node.kind === 'negate') {
    const of = numberOf(node.of);
    return of === undefined ? undefined : -of;
  }
  if (node.kind !== 'binary') return undefined;
  const a = numberOf(node.left);
  const b = numberOf(node.right);
  if (a === undefined || b === undefined) return undefined;
  return node.sign === '+' ? a + b : node.sign === '-' ? a - b : node.sign === '*' ? a * b : a / b;
}
