// What a patch of the canvas C at a place of the exemplar E costs; P and u as in patch_propagate.wgsl. Needs patch.wgsl.
const FAR = 0x3fffffffu;  // cost of a place that may not be taken

// Squared difference of the canvas's patch at (x, y) and the exemplar's at `place`, plus the penalty; any number of
// `most` or more where it is not below `most`.
fn cost_of(x: u32, y: u32, place: vec2u, labels: u32, most: u32) -> u32 {
  let p = P[place.y * u.vw + place.x];
  if (((p >> 24u) & labels) == 0u) { return FAR; }
  var sum = p & 0xffffffu;
  for (var j = 0u; j < PATCH; j++) {
    if (sum >= most) { break; }
    let cy = y + j;
    let row = select(cy, cy - u.H, cy >= u.H) * u.W;
    let start = (place.y + j) * u.w + place.x;
    for (var i = 0u; i < PATCH; i++) {
      let cx = x + i;
      sum += square_difference(C[row + select(cx, cx - u.W, cx >= u.W)], E[start + i]);
    }
  }
  return sum;
}
