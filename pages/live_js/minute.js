// The last minute of one face: a line for each expression, its icon at its end.
import { percent } from './reading.js';
import { saveCsv } from './record.js';

const SPAN_MS = 60_000, GAP_MS = 700, REDRAW_MS = 100;
const LEFT = 40, RIGHT = 26, ABOVE = 8, BELOW = 22;

export class Minute {
  constructor(root) {
    this.canvas = root.querySelector('.minute');
    this.moment = root.querySelector('.moment');
    this.context = this.canvas.getContext('2d');
    this.canvas.onpointermove = (event) => this.point(event.offsetX);
    this.canvas.onpointerleave = this.canvas.onblur = () => this.point(null);
    this.canvas.onkeydown = (event) => this.pressed(event);
    this.save = root.querySelector('.save');
    this.save.onclick = () => this.download();
    this.drawn = 0;
  }

  show(face, settings, now) {
    Object.assign(this, { face, settings, now });
    this.save.disabled = !face;
    if (now - this.drawn >= REDRAW_MS) this.draw();
  }

  // The numbers behind the lines.
  download() {
    const { model } = this.settings, labels = [...this.settings.labels.keys()];
    const rows = this.face.history.map(({ time, probabilities }) =>
      [model, this.face.number, ((this.now - time) / 1000).toFixed(3),
        ...labels.map((label) => probabilities[label].toFixed(5))].join(','));
    saveCsv([['model', 'face', 'seconds_ago', ...labels].join(','), ...rows], 'last-minute', new Date());
  }

  clear() {
    this.face = this.at = null;
    this.save.disabled = true;
    this.drawn = 0;
    this.canvas.width = this.canvas.width;
    this.moment.textContent = '';
  }

  draw() {
    this.drawn = this.now;
    const { canvas, context } = this, dense = devicePixelRatio;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    const pixels = [Math.round(this.width * dense), Math.round(this.height * dense)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.axes();
    const history = this.face?.history ?? [];
    for (const [label, { colour }] of this.settings.labels) this.line(history, label, colour);
    this.icons(history.at(-1));
    this.tell(history);
  }

  x(time) { return LEFT + (1 - (this.now - time) / SPAN_MS) * (this.width - LEFT - RIGHT); }

  y(share) { return ABOVE + (1 - share) * (this.height - ABOVE - BELOW); }

  axes() {
    const { context } = this, style = getComputedStyle(this.canvas);
    context.font = `12px ${style.fontFamily}`;
    context.fillStyle = this.ink = style.color;
    context.strokeStyle = style.getPropertyValue('--st-border-color');
    context.lineWidth = 1;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    for (const share of [0, 0.5, 1]) {
      context.beginPath();
      context.moveTo(LEFT, this.y(share));
      context.lineTo(this.width - RIGHT, this.y(share));
      context.stroke();
      context.fillText(`${100 * share} %`, LEFT - 6, this.y(share));
    }
    context.textBaseline = 'bottom';
    context.textAlign = 'center';
    for (const seconds of [60, 40, 20, 0]) {
      context.textAlign = seconds ? 'center' : 'right';
      const text = seconds ? `${seconds} s ago` : 'now';
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.max(this.x(this.now - 1000 * seconds), half), this.height);
    }
  }

  line(history, label, colour) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    let before = -Infinity;
    for (const { time, probabilities } of history) {
      if (this.now - time > SPAN_MS) continue;
      const [x, y] = [this.x(time), this.y(probabilities[label])];
      time - before > GAP_MS ? context.moveTo(x, y) : context.lineTo(x, y);
      before = time;
    }
    context.stroke();
  }

  // Those that show now, the highest first, none upon another.
  icons(last) {
    if (!last || this.now - last.time > GAP_MS) return;
    const { context } = this;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.font = '15px sans-serif';
    context.fillStyle = this.ink;
    const ranked = Object.entries(last.probabilities).sort((a, b) => b[1] - a[1]);
    let above = -Infinity;
    for (const [label, share] of ranked.filter(([, value]) => value >= 0.1)) {
      const { icon } = this.settings.labels.get(label);
      above = Math.max(this.y(share), above + 18);
      context.fillText(icon || label.slice(0, 3), this.width - RIGHT + 5, above);
    }
  }

  point(x) {
    this.at = x === null ? null : Math.min(1, Math.max(0, (x - LEFT) / (this.width - LEFT - RIGHT)));
    if (this.face) this.draw();
  }

  pressed(event) {
    const step = { ArrowLeft: -1 / 60, ArrowRight: 1 / 60, Home: -1, End: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.at = Math.min(1, Math.max(0, (this.at ?? 1) + step));
    if (this.face) this.draw();
  }

  // What was at the moment that is pointed at.
  tell(history) {
    const told = this.at === null || this.at === undefined ? null : this.nearest(history);
    if (!told) {
      this.moment.textContent = '';
      return;
    }
    const { context } = this, x = this.x(told.time);
    context.strokeStyle = this.ink;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, ABOVE);
    context.lineTo(x, this.height - BELOW);
    context.stroke();
    const ranked = Object.entries(told.probabilities).sort((a, b) => b[1] - a[1]);
    const numbers = ranked.slice(0, 3).map(([label, share]) =>
      `${this.settings.labels.get(label).icon} ${label} ${percent(share)}`);
    this.moment.textContent = `${Math.round((this.now - told.time) / 1000)} s ago: ${numbers.join(', ')}`;
  }

  nearest(history) {
    const time = this.now - (1 - this.at) * SPAN_MS;
    const away = (row) => Math.abs(row.time - time);
    return history.reduce((best, row) => (best && away(best) <= away(row) ? best : row), null);
  }
}
