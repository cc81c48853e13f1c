/** x' = a x + b y, y' = c x + d y: from pixels of the tile to pixels of the exemplar. */
export interface LinearMap {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export const IDENTITY: LinearMap = { a: 1, b: 0, c: 0, d: 1 };
