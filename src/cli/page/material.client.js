// The material on 3 x 3 tiles and on a sphere, in a light that moves: one triangle over the canvas, whose fragments look for
// what they see. The formulas are those of src/shaders/shade, for any direction of view.
const SHADER = `#version 300 es
precision highp float;
uniform sampler2D color, normal, occlusion, roughness, metalness;
uniform vec3 sun;
uniform vec2 size;
uniform float tilt, ratio;
out vec4 pixel;
const float SUN = 1.0, SKY = 0.15, PI = 3.14159265;

vec3 shade(vec3 c, vec3 n, float o, float r, float m, vec3 v) {
  r = clamp(r, 0.05, 1.0);
  float a = r * r;
  vec3 f = mix(vec3(0.04), c, m), matte = (1.0 - m) * c;
  vec3 h = normalize(sun + v), off = cross(n, h);
  float ns = max(dot(n, sun), 0.0), nv = max(dot(n, v), 0.001), nh = dot(n, h);
  float spread = a * a * nh * nh + dot(off, off);
  float shiny = a * a / (spread * spread) * 0.5
    / (ns * sqrt(nv * nv * (1.0 - a * a) + a * a) + nv * sqrt(ns * ns * (1.0 - a * a) + a * a));
  vec3 fresnel = f + (1.0 - f) * pow(1.0 - max(dot(sun, h), 0.0), 5.0);
  vec4 k = r * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
  float grazing = min(k.x * k.x, exp2(-9.28 * nv)) * k.x + k.y;
  vec3 reflected = f * (k.z - 1.04 * grazing) + k.w + 1.04 * grazing;
  float up = reflect(-v, n).z;
  vec3 sky = matte * (1.0 + 2.0 / 3.0 * n.z) + reflected * max(1.0 + (1.0 - a / 3.0) * up, 0.0);
  return ((1.0 - fresnel) * matte + shiny * fresnel) * ns * SUN + o * SKY * sky;
}

// Steps between pixels, where what repeats begins again too.
vec2 step1(vec2 d) { return d - round(d); }

void main() {
  vec2 at = gl_FragCoord.xy / size.y;
  bool plane = at.x < 1.0;
  vec2 p = vec2(fract(at.x), at.y) * 2.0 - 1.0;
  float t = plane ? tilt : 0.0;
  vec3 right = vec3(1.0, 0.0, 0.0), up = vec3(0.0, cos(t), sin(t)), back = vec3(0.0, -sin(t), cos(t));
  vec3 eye = (plane ? 7.5 : 6.0) * back, ray = normalize(p.x * right + p.y * up - 3.6 * back);
  vec3 n = vec3(0.0, 0.0, 1.0), x = right, y = vec3(0.0, 1.0, 0.0);
  vec2 uv;
  bool hit;
  if (plane) {
    vec3 q = (eye - ray * eye.z / ray.z) / max(1.0, ratio);
    uv = vec2(q.x + 1.5, 1.5 - q.y / ratio);
    hit = all(greaterThan(uv, vec2(0.0))) && all(lessThan(uv, vec2(3.0)));
  } else {
    float b = dot(eye, ray), d = b * b - dot(eye, eye) + 2.25;
    hit = d > 0.0;
    n = normalize(eye + ray * (-b - sqrt(max(d, 0.0))));
    x = normalize(vec3(n.z, 0.0, -n.x));
    y = cross(n, x);
    uv = vec2(atan(n.x, n.z) / PI * 2.0, -asin(clamp(n.y, -1.0, 1.0)) / PI * 2.0 / ratio);
  }
  vec2 dx = step1(dFdx(uv)), dy = step1(dFdy(uv));
  vec3 m = (textureGrad(normal, uv, dx, dy).xyz * 255.0 - 128.0) / 127.0;
  vec3 c = shade(textureGrad(color, uv, dx, dy).rgb, normalize(m.x * x + m.y * y + m.z * n),
    textureGrad(occlusion, uv, dx, dy).r, textureGrad(roughness, uv, dx, dy).r, textureGrad(metalness, uv, dx, dy).r, -ray);
  c = mix(1.055 * pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.4)) - 0.055, 12.92 * c, lessThan(c, vec3(0.0031308)));
  pixel = hit ? vec4(c, 1.0) : vec4(0.0);
}`;
const TRIANGLE = `#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1, 0, 1); }`;

/** Of maps that are not there, as src/material/render.ts has them. */
const PLAIN = {
  color: [188, 188, 188, 255],
  normal: [128, 128, 255, 255],
  occlusion: [255, 255, 255, 255],
  roughness: [204, 204, 204, 255],
  metalness: [0, 0, 0, 255],
};

const canvas = document.getElementById('lit');
const control = (name) => document.getElementById(name);
const gl = canvas.getContext('webgl2');

function compiled() {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, TRIANGLE],
    [gl.FRAGMENT_SHADER, SHADER],
  ]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  return program;
}

async function load(program) {
  const anisotropy = gl.getExtension('EXT_texture_filter_anisotropic');
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  for (const [unit, [kind, plain]] of Object.entries(PLAIN).entries()) {
    const picture = document.getElementById(`map-${kind}`);
    await picture?.decode();
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    const format = kind === 'color' ? gl.SRGB8_ALPHA8 : gl.RGBA8;
    if (picture) gl.texImage2D(gl.TEXTURE_2D, 0, format, gl.RGBA, gl.UNSIGNED_BYTE, picture);
    else gl.texImage2D(gl.TEXTURE_2D, 0, format, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(plain));
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    if (anisotropy) gl.texParameterf(gl.TEXTURE_2D, anisotropy.TEXTURE_MAX_ANISOTROPY_EXT, 8);
    gl.uniform1i(gl.getUniformLocation(program, kind), unit);
    if (picture && kind === 'color')
      gl.uniform1f(gl.getUniformLocation(program, 'ratio'), picture.naturalHeight / picture.naturalWidth);
  }
  if (!document.getElementById('map-color')) gl.uniform1f(gl.getUniformLocation(program, 'ratio'), 1);
}

async function start() {
  const program = compiled();
  await load(program);
  const uniform = (name) => gl.getUniformLocation(program, name);
  const [sun, size, tilt] = ['sun', 'size', 'tilt'].map(uniform);
  const draw = () => {
    const wide = Math.round(canvas.clientWidth * Math.min(2, devicePixelRatio));
    [canvas.width, canvas.height] = [wide, Math.round(wide / 2)];
    gl.viewport(0, 0, canvas.width, canvas.height);
    const [a, h, t] = ['azimuth', 'height', 'tilt'].map((name) => (control(name).valueAsNumber * Math.PI) / 180);
    gl.uniform3f(sun, Math.cos(a) * Math.cos(h), Math.sin(a) * Math.cos(h), Math.sin(h));
    gl.uniform2f(size, canvas.width, canvas.height);
    gl.uniform1f(tilt, t);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  };
  for (const name of ['azimuth', 'height', 'tilt']) control(name).addEventListener('input', draw);
  new ResizeObserver(draw).observe(canvas);
  // The sun is where the pointer is: overhead in the middle of either half.
  const follow = (event) => {
    const side = canvas.clientHeight / 2;
    const [x, y] = [(event.offsetX % (2 * side)) / side - 1, 1 - event.offsetY / side];
    control('azimuth').value = String(Math.round(((Math.atan2(y, x) * 180) / Math.PI + 360) % 360));
    control('height').value = String(Math.round((Math.acos(Math.min(1, Math.hypot(x, y))) * 180) / Math.PI));
    draw();
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener('pointermove', (event) => event.buttons & 1 && follow(event));
  draw();
  canvas.dataset.drawn = 'true';
}

const failed = (error) => {
  control('failed').textContent = `Nothing is lit here, the maps are below: ${error.message}`;
};
if (gl) start().catch(failed);
else failed(new Error('this browser has no WebGL 2.'));
