// A block of 8 x 8 sums that one thread keeps in registers: rows 0-3 at columns 0-3 (a) and 4-7 (b), rows 4-7 likewise
// (c, d); a column of each matrix is a row of the block. What is summed over comes in fours, and each sum takes its
// four in one go: a processor has too few registers for 64 sums and would fetch and put back all of them per product.
// The rows of a block, each as columns 0-3 and 4-7. To be stored by a loop that begins at the row, as its number is
// known only at run time: written out, by hand or by a processor's compiler, 64 sums take that a second.
fn halves(s: Block) -> array<vec4f, 16> {
  return array(s.a[0], s.b[0], s.a[1], s.b[1], s.a[2], s.b[2], s.a[3], s.b[3],
               s.c[0], s.d[0], s.c[1], s.d[1], s.c[2], s.d[2], s.c[3], s.d[3]);
}

struct Block { a: mat4x4f, b: mat4x4f, c: mat4x4f, d: mat4x4f }

// s + four products of each row and column. x, y: rows 0-3 and 4-7, a column per row of the block; p, q: columns 0-3 and
// 4-7, a column per product.
fn add_four(s: Block, x: mat4x4f, y: mat4x4f, p: mat4x4f, q: mat4x4f) -> Block {
  return Block(four(s.a, x, p), four(s.b, x, q), four(s.c, y, p), four(s.d, y, q));
}

fn four(s: mat4x4f, x: mat4x4f, p: mat4x4f) -> mat4x4f {
  return mat4x4f(chain(s[0], x[0], p), chain(s[1], x[1], p), chain(s[2], x[2], p), chain(s[3], x[3], p));
}

fn chain(s: vec4f, x: vec4f, p: mat4x4f) -> vec4f {
  return fma(vec4f(x.w), p[3], fma(vec4f(x.z), p[2], fma(vec4f(x.y), p[1], fma(vec4f(x.x), p[0], s))));
}
