// The page of --watch: shows what the server tells by server-sent events. Everything it is told is put in as text.
(() => {
  const byId = (id) => document.getElementById(id);
  const view = byId('view');
  const token = document.querySelector('meta[name="toroid-token"]').content;
  /** Term to its points [step over all stages, value]; drawn when the browser next paints. */
  const curves = new Map();
  const charts = new Map();
  let borders = [];
  let size = [1, 1];
  let over = false;
  let heard = '';
  let shownPicture = 0;

  const short = (v) => {
    if (v === null || !Number.isFinite(v)) return 'not a number';
    const s = Math.abs(v);
    return s !== 0 && (s >= 1e5 || s < 1e-3) ? v.toExponential(2) : String(Number(v.toPrecision(3)));
  };
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
    byId('loss').textContent = short(p.loss);
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

  const chartOf = (term) => {
    if (charts.has(term)) return charts.get(term);
    const figure = document.createElement('figure');
    const heading = document.createElement('h3');
    const last = document.createElement('span');
    const canvas = document.createElement('canvas');
    heading.append(term, last);
    last.className = 'last';
    canvas.setAttribute('role', 'img');
    figure.append(heading, canvas);
    byId('charts').append(figure);
    const chart = { canvas, last };
    charts.set(term, chart);
    new ResizeObserver(() => draw(term)).observe(canvas);
    return chart;
  };

  const draw = (term) => {
    const { canvas, last } = chartOf(term);
    const all = curves.get(term) ?? [];
    const points = all.filter((p) => Number.isFinite(p[1]));
    const [w, h, density] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio];
    canvas.width = Math.round(w * density);
    canvas.height = Math.round(h * density);
    const latest = points.at(-1);
    last.textContent = latest ? short(latest[1]) : '';
    canvas.setAttribute('aria-label', `${term} by step${latest ? `, now ${short(latest[1])}` : ''}`);
    if (points.length === 0) return;
    const pen = canvas.getContext('2d');
    const style = getComputedStyle(canvas);
    pen.scale(density, density);
    pen.font = `11px ${style.fontFamily}`;
    const values = points.map((p) => p[1]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const height = low > 0 ? Math.log : (v) => v;
    const [from, to] = low < high ? [height(low), height(high)] : [height(low) - 1, height(low) + 1];
    const most = Math.max(1, all.at(-1)[0]);
    const x = (step) => 8 + (step / most) * (w - 16);
    const y = (v) => h - 22 - ((height(v) - from) / (to - from)) * (h - 44);
    pen.strokeStyle = style.borderTopColor;
    pen.setLineDash([2, 3]);
    for (const b of borders) {
      pen.beginPath();
      pen.moveTo(x(b), 18);
      pen.lineTo(x(b), h - 18);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.strokeStyle = style.color;
    pen.lineWidth = 1.6;
    pen.lineJoin = 'round';
    pen.beginPath();
    let broken = true;
    let next = 0;
    for (const [step, v] of all) {
      for (; next < borders.length && borders[next] < step; next++) broken = true;
      if (Number.isFinite(v)) {
        if (broken) pen.moveTo(x(step), y(v));
        else pen.lineTo(x(step), y(v));
      }
      broken = !Number.isFinite(v);
    }
    pen.stroke();
    pen.fillStyle = getComputedStyle(last).color;
    pen.fillText(short(high), 8, 13);
    pen.fillText(short(low), 8, h - 6);
    pen.textAlign = 'right';
    pen.fillText(`${most} steps`, w - 8, h - 6);
  };

  let waiting = false;
  const drawAll = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      for (const term of curves.keys()) draw(term);
    });
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);

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
})();
