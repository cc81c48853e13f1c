import { latest, lossChart } from '../../app/charts/loss_chart';
import { shortNumber } from '../../app/charts/svg';

// The page of --watch: shows what the server tells by server-sent events. Everything it is told is put in as text.
const byId = (id) => document.getElementById(id);
const view = byId('view');
const token = document.querySelector('meta[name="toroid-token"]').content;
/** Term to its points [step over all stages, value]; drawn when the browser next paints. */
const curves = new Map();
let borders = [];
let size = [1, 1];
let over = false;
let heard = '';
let shownPicture = 0;

/** Read out by screen readers, so it changes seldom. */
const say = (text) => {
  if (text !== heard) byId('status').textContent = text;
  heard = text;
};

// The picture

const layOut = () => {
  const zoom = byId('zoom').value;
  const tiles = Number(byId('tiles').value);
  const [x, y] = { both: [1, 1], x: [1, 0], y: [0, 1], none: [0, 0] }[document.body.dataset.tile];
  byId('tiles').disabled = zoom !== 'fit' || x + y === 0;
  byId('tiles-value').textContent = tiles;
  const [nx, ny] = [x ? tiles : 1, y ? tiles : 1];
  view.style.aspectRatio = `${size[0] * nx} / ${size[1] * ny}`;
  view.style.backgroundRepeat = `${x ? 'repeat' : 'no-repeat'} ${y ? 'repeat' : 'no-repeat'}`;
  const pixels = (side) => `${(side * Number(zoom)) / window.devicePixelRatio}px`;
  view.style.backgroundSize = zoom === 'fit' ? `${100 / nx}% auto` : `${pixels(size[0])} ${pixels(size[1])}`;
  view.style.imageRendering = zoom === 'fit' ? 'auto' : 'pixelated';
  view.setAttribute('aria-label', `The picture, ${size.join(' x ')} pixels${x + y ? ', repeated' : ''}`);
};
for (const id of ['zoom', 'tiles']) byId(id).addEventListener('input', layOut);

const show = async (picture) => {
  const { id, width, height, data } = picture;
  let address = data;
  if (!data) {
    const answer = await fetch(`/picture/${id}`).catch(() => null);
    if (!answer?.ok) return;
    address = URL.createObjectURL(await answer.blob());
  }
  const image = new Image();
  image.src = address;
  await image.decode().catch(() => null); // shown when it is ready: no flicker
  if (id < shownPicture) return;
  shownPicture = id;
  const old = view.dataset.address;
  view.dataset.address = address;
  size = [width, height];
  view.style.backgroundImage = `url("${address}")`;
  layOut();
  if (old?.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(old), 1000);
};

// The numbers

const showProgress = (p) => {
  if (!p) return;
  byId('stage').textContent = `${p.stage + 1} of ${p.stages}, ${p.name}`;
  byId('size').textContent = `${p.width} x ${p.height}`;
  byId('step').textContent = `${p.step} of ${p.steps}`;
  byId('loss').textContent = shortNumber(p.loss ?? Number.NaN);
  byId('speed').textContent = Number(p.msPerStep.toPrecision(3));
  byId('left').textContent = p.left ?? 'not known yet';
  byId('share').value = p.share;
  const percent = Math.floor(p.share * 100);
  document.title = `${percent} % - toroid`;
  if (!over) say(`Stage ${p.stage + 1} of ${p.stages}, ${p.name}, ${Math.floor(percent / 10) * 10} % done`);
};

const notice = (text) => {
  const item = document.createElement('li');
  item.textContent = text;
  byId('notices').append(item);
};

// The curves

/** Charts are drawn as DOM: the page's policy forbids HTML as text. */
const make = (tag, attributes, ...children) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const draw = (name, points) => {
  const figure = document.createElement('figure');
  const heading = document.createElement('h3');
  const last = document.createElement('span');
  last.className = 'last';
  last.textContent = latest(points);
  heading.append(name, last);
  figure.append(heading, lossChart(make, [{ name, points }], { borders }));
  return figure;
};

let waiting = false;
const drawAll = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    byId('charts').replaceChildren(...[...curves].map(([term, points]) => draw(term, points)));
  });
};

const add = (at, terms) => {
  for (const [term, value] of Object.entries(terms)) {
    const points = curves.get(term) ?? [];
    points.push([at, value ?? Number.NaN]);
    // As many as there are pixels to show them on
    curves.set(term, points.length > 2000 ? points.filter((_, k) => k % 2 === 1) : points);
  }
};

// The end, and stopping

const finish = (end) => {
  over = true;
  source.close(); // or it would ask for ever
  byId('stop').hidden = true;
  byId('left').textContent = 'none';
  if (end.picture) show({ ...end.picture, id: Number.POSITIVE_INFINITY });
  const how = end.error ? 'Failed' : end.stopped ? 'Stopped' : 'Finished';
  const time = end.time ? ` after ${end.time}` : '';
  say(`${how}${time}${end.error ? `: ${end.error}` : ''}${end.file ? `; written to ${end.file}` : ''}`);
  if (!end.error && !end.stopped) byId('share').value = 1;
  document.title = `${how} - toroid`;
};

byId('stop').addEventListener('click', async () => {
  byId('stop').disabled = true;
  say('Stopping; what there is will be kept');
  const answer = await fetch('/stop', { method: 'POST', headers: { 'X-Toroid-Token': token } }).catch(() => null);
  if (answer?.ok) return;
  byId('stop').disabled = false;
  say('Could not stop it: reload this page, or press Ctrl-C in the terminal');
});

const source = new EventSource('/events');
const on = (type, work) => source.addEventListener(type, (e) => work(JSON.parse(e.data)));
on('state', (s) => {
  curves.clear();
  for (const [term, points] of Object.entries(s.curves)) {
    curves.set(
      term,
      points.map(([at, v]) => [at, v ?? Number.NaN]),
    );
  }
  borders = s.borders;
  byId('notices').replaceChildren();
  s.warnings.forEach(notice);
  say('Connected');
  showProgress(s.progress);
  if (s.picture) show(s.picture);
  drawAll();
  if (s.end) finish(s.end);
});
on('progress', (p) => {
  showProgress(p);
  add(p.at, { total: p.loss, ...p.terms });
  drawAll();
});
on('border', (b) => borders.push(b.at));
on('picture', show);
on('notice', (n) => notice(n.text));
on('finished', finish);
source.addEventListener('error', () => {
  if (!over) say('No connection: the run has ended, or its computer is busy');
});
layOut();
