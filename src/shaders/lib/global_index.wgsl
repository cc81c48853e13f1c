// Position of a thread in a grid made by flatGrid (shaders/grid.ts): x first, then y.
fn global_index(group: vec3u, groups: vec3u, local: u32, width: u32) -> u32 {
  return (group.y * groups.x + group.x) * width + local;
}
