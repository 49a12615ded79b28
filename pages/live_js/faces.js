// Which face is which from one answer to the next, and its numbers averaged over time.
const LOST_MS = 1000;  // one that is away for longer comes back as a new face
const KEPT_MS = 60_000;
// As in fer/inference/tracking.py: a face goes on where its box overlaps so far, or else where its
// centre is within so many sides of the last and it is not of quite another size.
const OVERLAP = 0.25, REACH = 0.9, SIZE_RATIO = 1.8;
const BOX_S = 0.06;  // boxes tremble by some pixels; averaged for about two answers they rest

export class Faces {
  constructor() {
    this.known = [];
    this.count = 0;
    this.complete = true;  // whether the last answer had every known face
  }

  // `found`: [{ box, probabilities, detection_score }]. The faces of this answer, in its order.
  update(now, found, smoothingS) {
    const gone = this.known.filter((face) => now - face.seen > LOST_MS);
    this.known = this.known.filter((face) => !gone.includes(face));
    const seen = Array(found.length);
    for (const [face, i] of pairs(this.known, found)) seen[i] = face;
    this.complete = this.known.every((face) => seen.includes(face));
    found.forEach((reading, i) => {
      if (!seen[i]) this.known.push(seen[i] = { number: this.count += 1, seen: now, history: [] });
      follow(seen[i], reading, now, smoothingS);
    });
    return seen;
  }
}

function follow(face, { box, probabilities, detection_score: score }, now, smoothingS) {
  const seconds = (now - face.seen) / 1000;
  const mix = (before, after, constant) =>
    (constant > 0 && before !== undefined ? after + (before - after) * Math.exp(-seconds / constant) : after);
  const each = (after, before, constant) => Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, mix(before?.[name], value, constant)]));
  face.box = each(box, face.box, BOX_S);
  face.probabilities = each(probabilities, face.probabilities, smoothingS);
  face.score = score;
  face.seen = now;
  face.history.push({ time: now, probabilities: face.probabilities });
  while (face.history[0].time < now - KEPT_MS) face.history.shift();
}

export function top({ probabilities }) {
  const [label, share] = Object.entries(probabilities).reduce((a, b) => (b[1] > a[1] ? b : a));
  return { label, share };
}

// Faces and the boxes that continue them, the surest pairs first.
function pairs(known, found) {
  const likely = known.flatMap((face) => found.map((one, i) => [likeness(face.box, one.box), face, i]))
    .filter(([score]) => score > 0).sort((a, b) => b[0] - a[0]);
  const result = [], taken = new Set();
  for (const [, face, i] of likely) {
    if (taken.has(face) || taken.has(i)) continue;
    taken.add(face).add(i);
    result.push([face, i]);
  }
  return result;
}

function likeness(a, b) {
  const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const high = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, wide) * Math.max(0, high);
  const areas = [a.width * a.height, b.width * b.height];
  const overlap = shared / (areas[0] + areas[1] - shared);
  if (overlap >= OVERLAP) return 1 + overlap;
  const sides = areas.map(Math.sqrt);
  if (Math.max(...sides) > SIZE_RATIO * Math.min(...sides)) return 0;
  const away = Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
  return Math.max(0, 1 - away / ((sides[0] + sides[1]) / 2) / REACH);
}
