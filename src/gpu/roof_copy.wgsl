// roof_copy: Y = X
//
// PER vec4s to a thread, a workgroup's own stretch apart, so that neighbouring threads move neighbouring words.

alias T = f32;
override WG: u32 = 256;  // threads per workgroup
override PER: u32 = 4;   // vec4s per thread

@group(0) @binding(0) var<storage, read>       X: array<vec4<T>>;
@group(0) @binding(1) var<storage, read_write> Y: array<vec4<T>>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var k = 0u; k < PER; k++) {
    let i = (group.x * PER + k) * WG + local;
    if (i < arrayLength(&X)) {
      Y[i] = X[i];
    }
  }
}
