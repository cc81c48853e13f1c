// Whether the block B is laid, by what is seen of cuts before and after, S: where it has to be, or where no more than nine tenths are seen then.
// Needs block_words.wgsl.
fn is_laid() -> bool {
  return B[MUST] == 1u || S[1] <= S[0] / 10u * 9u;
}
