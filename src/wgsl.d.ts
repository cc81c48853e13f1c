// esbuild loads shader files as text (see build.mjs).
declare module '*.wgsl' {
  const text: string;
  export default text;
}
