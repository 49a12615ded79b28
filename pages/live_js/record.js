// The numbers of an interval as a csv file, with the columns of a video's. No picture is in it.
import { top } from './faces.js';

const LIMIT = 200_000;  // rows, some 50 MB: over two hours of one face

export class Record {
  constructor({ model, labels }) {
    this.model = model;
    this.labels = [...labels.keys()];
    this.started = performance.now();
    this.when = new Date();
    this.frame = 0;
    const columns = ['model', 'frame', 'time_s', 'face', 'x', 'y', 'width', 'height',
      'detection_score', 'emotion', 'confidence', ...this.labels];
    this.rows = [columns.join(',')];
  }

  get count() { return this.rows.length - 1; }

  get full() { return this.count >= LIMIT; }

  add(time, faces) {
    if (time < this.started) return;  // a frame from before the click
    const seconds = ((time - this.started) / 1000).toFixed(3);
    for (const face of faces) {
      const { x, y, width, height } = face.box, { label, share } = top(face);
      const place = [x, y, width, height].map(Math.round);
      const shares = this.labels.map((name) => (face.probabilities[name] ?? 0).toFixed(5));
      this.rows.push([this.model, this.frame, seconds, face.number, ...place, face.score ?? '',
        label, share.toFixed(5), ...shares].join(','));
    }
    this.frame += 1;
  }

  download() { saveCsv(this.rows, 'live', this.when); }
}

// Lets the visitor keep lines of text as NAME-TIME.csv.
export function saveCsv(lines, name, when) {
  const url = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], { type: 'text/csv' }));
  const stamp = when.toISOString().slice(0, 19).replaceAll(':', '-');
  Object.assign(document.createElement('a'), { href: url, download: `${name}-${stamp}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
