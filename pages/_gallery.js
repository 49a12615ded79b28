// A grid of any number of faces that keeps elements, and fetches pictures, only of what is in view.
// A sheet (one request) brings BLOCK cells; the sheets farthest from view are thrown away.
const SIDE = 48, ACROSS = 8, BLOCK = 48, KEPT = 60, QUIET_MS = 90, CAPTION_PX = 22, PAD_PX = 6,
  WATCH_MS = 100, GONE_MS = 500, OPENING_MS = 10000;

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Rows as the route takes them: 0-47,60.
function ranges(rows) {
  const parts = [];
  for (let i = 0; i < rows.length;) {
    let j = i;
    while (j + 1 < rows.length && rows[j + 1] === rows[j] + 1) j += 1;
    parts.push(j > i ? `${rows[i]}-${rows[j]}` : `${rows[i]}`);
    i = j + 1;
  }
  return parts.join(',');
}

class Gallery {
  constructor(root) {
    this.scroll = root.querySelector('.scroll');
    this.space = root.querySelector('.space');
    this.failed = root.querySelector('.failed');
    this.cells = new Map();
    this.sheets = new Map();  // block -> { bitmap } or { abort }
    this.picked = new Set();
    this.at = 0;
    this.scroll.onscroll = () => this.soon();
    this.scroll.onclick = (event) => this.clicked(event);
    this.scroll.onkeydown = (event) => this.pressed(event);
    new ResizeObserver(() => this.layout()).observe(this.scroll);
  }

  update({ data, setTriggerValue, setStateValue }) {
    const before = this.data ?? {}, other = before.selection !== data.selection;
    Object.assign(this, { data, setTriggerValue, setStateValue });
    if (!other && before.texts === data.texts && String(before.words) === String(data.words)) return;
    this.rows = new Int32Array(bytes(data.rows).buffer);
    this.labels = new Int8Array(bytes(data.labels).buffer);
    this.texts = data.texts && new Uint16Array(bytes(data.texts).buffer);
    this.n = this.rows.length / data.per;
    this.scroll.style.maxHeight = data.height + 'px';
    this.scroll.setAttribute('aria-label', data.title);
    if (other) this.restart();
    this.cells.forEach((cell) => cell.remove());
    this.cells.clear();
    this.layout();
  }

  restart() {
    this.sheets.forEach((sheet) => sheet.abort?.abort());
    this.sheets.clear();
    if (this.picked.size) this.setStateValue('picked', []);
    this.picked.clear();
    this.at = this.scroll.scrollTop = 0;
    this.failed.textContent = '';
  }

  layout() {
    const width = this.scroll.clientWidth;
    if (!width || !this.data) return;
    const { per, cell } = this.data;
    const top = this.rowPx ? Math.floor(this.scroll.scrollTop / this.rowPx) * this.columns : 0;
    const columns = Math.max(1, Math.floor(width / (cell * per)));
    this.cellPx = Math.min(width / columns, 1.6 * cell * per);
    this.rowPx = (this.cellPx - PAD_PX) / per + CAPTION_PX + PAD_PX;
    const moved = this.columns && this.columns !== columns;
    this.columns = columns;
    this.space.style.height = Math.ceil(this.n / columns) * this.rowPx + 'px';
    if (moved) this.scroll.scrollTop = Math.floor(top / columns) * this.rowPx;
    this.draw();
    this.load();
  }

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
      clearTimeout(this.quiet);  // while one scrolls fast, nothing is asked for
      this.quiet = setTimeout(() => this.load(), QUIET_MS);
    });
  }

  inView() {
    const { scrollTop, clientHeight } = this.scroll;
    const first = Math.floor(scrollTop / this.rowPx) * this.columns;
    const last = Math.ceil((scrollTop + clientHeight) / this.rowPx) * this.columns;
    return [Math.max(0, first), Math.min(this.n, last)];
  }

  draw() {
    const [first, last] = this.inView();
    const from = Math.max(0, first - this.columns), to = Math.min(this.n, last + this.columns);
    for (const [i, cell] of this.cells) {
      if (i < from || i >= to) { cell.remove(); this.cells.delete(i); }
    }
    for (let i = from; i < to; i += 1) {
      const cell = this.cells.get(i) ?? this.make(i);
      cell.style.width = this.cellPx + 'px';
      cell.style.height = this.rowPx + 'px';
      cell.style.transform = `translate(${(i % this.columns) * this.cellPx}px,` +
        `${Math.floor(i / this.columns) * this.rowPx}px)`;
      cell.tabIndex = i === this.at ? 0 : -1;
    }
  }

  make(i) {
    const { per, names, words } = this.data;
    const cell = document.createElement('figure');
    const pictures = document.createElement('div'), caption = document.createElement('figcaption');
    pictures.className = 'pictures';
    const said = [];
    for (let j = i * per; j < (i + 1) * per; j += 1) {
      const picture = document.createElement('canvas'), text = document.createElement('span');
      picture.width = picture.height = SIDE;
      const { icon, label } = names[this.labels[j]] ?? { icon: '', label: 'unlabelled' };
      text.textContent = this.texts ? `${icon} ${words[this.texts[j]]}` : `${icon} ${label}`;
      said.push(`row ${this.rows[j]}: ${label}` + (this.texts ? `, ${words[this.texts[j]]}` : ''));
      pictures.append(picture);
      caption.append(text);
    }
    cell.append(pictures, caption);
    if (this.data.picking) {
      const pick = document.createElement('button');
      Object.assign(pick, { className: 'pick', tabIndex: -1, textContent: '✓', title: 'Pick' });
      pick.setAttribute('aria-hidden', 'true');
      cell.append(pick);
    }
    cell.dataset.at = i;
    cell.title = said.join(' | ');
    cell.setAttribute('role', 'option');
    cell.setAttribute('aria-label', cell.title);
    cell.setAttribute('aria-setsize', this.n);
    cell.setAttribute('aria-posinset', i + 1);
    cell.setAttribute('aria-selected', this.picked.has(i));
    this.space.append(cell);
    this.cells.set(i, cell);
    this.paint(i);
    return cell;
  }

  paint(i) {
    const sheet = this.sheets.get(Math.floor(i / BLOCK)), cell = this.cells.get(i);
    if (!sheet?.bitmap || !cell || cell.dataset.painted) return;
    cell.querySelectorAll('canvas').forEach((canvas, k) => {
      const at = (i % BLOCK) * this.data.per + k;
      const x = (at % ACROSS) * SIDE, y = Math.floor(at / ACROSS) * SIDE;
      canvas.getContext('2d').drawImage(sheet.bitmap, x, y, SIDE, SIDE, 0, 0, SIDE, SIDE);
    });
    cell.dataset.painted = 1;
  }

  load() {
    if (!this.n) return;
    const [first, last] = this.inView();
    const from = Math.floor(first / BLOCK), to = Math.floor((last - 1) / BLOCK);
    for (const [block, sheet] of this.sheets) {
      if (sheet.abort && (block < from || block > to)) {
        sheet.abort.abort();
        this.sheets.delete(block);
      }
    }
    for (let block = from; block <= to; block += 1) {
      if (!this.sheets.has(block)) this.fetch(block);
    }
    const far = [...this.sheets.keys()].sort((a, b) => Math.abs(b - from) - Math.abs(a - from));
    far.slice(0, Math.max(0, far.length - KEPT)).forEach((block) => {
      this.sheets.get(block).bitmap?.close();
      this.sheets.delete(block);
    });
  }

  async fetch(block) {
    const { per, address, version } = this.data, abort = new AbortController();
    const sheet = { abort };
    this.sheets.set(block, sheet);
    const rows = this.rows.subarray(block * BLOCK * per, (block + 1) * BLOCK * per);
    const query = `rows=${ranges(rows)}&v=${encodeURIComponent(version)}`;
    try {
      const answer = await fetch(`${address}?${query}`, { signal: abort.signal });
      if (!answer.ok) throw new Error((await answer.json()).error.message);
      sheet.bitmap = await createImageBitmap(await answer.blob());
      delete sheet.abort;
      this.failed.textContent = '';
      for (let i = block * BLOCK; i < (block + 1) * BLOCK; i += 1) this.paint(i);
      performance.mark('fer-faces');
    } catch (error) {
      if (abort.signal.aborted) return;
      this.sheets.delete(block);
      this.failed.textContent = `Some faces could not be fetched: ${error.message}`;
    }
  }

  clicked(event) {
    const cell = event.target.closest('figure');
    if (!cell) return;
    const i = Number(cell.dataset.at), from = this.at;
    this.focus(i);
    const wanted = event.target.closest('.pick') || event.ctrlKey || event.metaKey;
    if (this.data.picking && (wanted || event.shiftKey)) {
      this.pick(i, event.shiftKey ? from : i);
    } else {
      this.open(i, event);
    }
  }

  // Of a pair, the picture that was clicked.
  open(i, event) {
    const { per } = this.data;
    const box = this.cells.get(i)?.getBoundingClientRect();
    const share = box && event?.clientX ? (event.clientX - box.left) / box.width : 0;
    const k = Math.min(per - 1, Math.max(0, Math.floor(share * per)));
    this.setTriggerValue('opened', this.rows[i * per + k]);
    this.comeBack();
  }

  // Once what was opened is closed, to the face that one came from; a dialog that is followed by
  // another (the next face) is gone for a moment only, and one that nobody sees never comes.
  comeBack() {
    clearInterval(this.watching);
    let shown = false, waited = 0, gone = 0;
    this.watching = setInterval(() => {
      const astray = document.activeElement === document.body;
      waited += WATCH_MS;
      if (document.querySelector('[role=dialog]')) {
        shown = true;
        gone = 0;
      } else if (!this.scroll.isConnected || (!shown && waited > OPENING_MS)) {
        clearInterval(this.watching);
      } else if ((shown || astray) && (gone += WATCH_MS) >= GONE_MS) {
        clearInterval(this.watching);
        if (astray) this.cells.get(this.at)?.focus({ preventScroll: true });
      }
    }, WATCH_MS);
  }

  pick(i, from = i) {
    const on = from === i ? !this.picked.has(i) : true;
    for (let j = Math.min(i, from); j <= Math.max(i, from); j += 1) {
      on ? this.picked.add(j) : this.picked.delete(j);
      this.cells.get(j)?.setAttribute('aria-selected', on);
    }
    this.scroll.classList.toggle('picking', this.picked.size > 0);
    clearTimeout(this.telling);  // one message for a quick row of clicks
    this.telling = setTimeout(() => {
      const places = [...this.picked].sort((a, b) => a - b);
      this.setStateValue('picked', places.map((place) => this.rows[place * this.data.per]));
    }, 350);
  }

  pressed(event) {
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / this.rowPx)) * this.columns;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
      PageUp: -page, PageDown: page, Home: -this.n, End: this.n };
    if (event.key in steps) {
      this.focus(Math.min(this.n - 1, Math.max(0, this.at + steps[event.key])));
    } else if (event.key === 'Enter') {
      this.open(this.at);
    } else if (event.key === ' ' && this.data.picking) {
      this.pick(this.at);
    } else {
      return;
    }
    event.preventDefault();
  }

  focus(i) {
    this.at = i;
    const top = Math.floor(i / this.columns) * this.rowPx, { scrollTop, clientHeight } = this.scroll;
    if (top < scrollTop) this.scroll.scrollTop = top;
    if (top + this.rowPx > scrollTop + clientHeight) {
      this.scroll.scrollTop = top + this.rowPx - clientHeight;
    }
    this.draw();
    this.cells.get(i)?.focus({ preventScroll: true });
  }
}

export default function (component) {
  const root = component.parentElement;
  root.ferGallery ??= new Gallery(root);
  root.ferGallery.update(component);
}
