// What is sent of a frame: now and then the whole, to find new faces; in between a square around
// the known ones, which is a small part of the work and leaves a far face its own pixels.
// Of the longer side, in steps of 32 as the detector takes them; up to 400 it looks once, then twice.
const WHOLE_PX = 384, SQUARE_PX = 224;
const FACE_PX = 48;  // what networks take: where a far face would have less, twice the size is sent
const SEARCH_MS = 500, QUALITY = 0.85;
const AROUND = 2;  // of the side of a face, where there is room

export class Frames {
  constructor() {
    const surface = () => new OffscreenCanvas(SQUARE_PX, SQUARE_PX).getContext('2d', { willReadFrequently: true });
    this.whole = surface();
    this.square = surface();
    this.searched = -Infinity;
  }

  // `faces` with boxes in pixels of the frame; `complete` says whether the last answer had them all.
  async take(video, faces, complete, now) {
    const size = { width: video.videoWidth, height: video.videoHeight };
    const due = now >= this.searched + SEARCH_MS || !complete || !faces.length;
    const square = due ? null : around(faces, size), part = square ?? { x: 0, y: 0, ...size };
    if (!square) this.searched = now;
    const [wide, high] = sentSize(part, faces, square ? SQUARE_PX : WHOLE_PX, !square);
    const surface = square ? this.square : this.whole, { canvas } = surface;
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    surface.drawImage(video, part.x, part.y, part.width, part.height, 0, 0, wide, high);
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
    return { jpeg, part };
  }
}

// Width and height in which `part` is sent, the longer `usual` or twice that.
function sentSize(part, faces, usual, isWhole) {
  const longer = Math.max(part.width, part.height);
  const smallest = Math.min(...faces.map(({ box }) => Math.max(box.width, box.height)));
  const scale = (smallest * usual < FACE_PX * longer ? 2 * usual : usual) / longer;
  return [part.width, part.height].map((side) => Math.round(side * (isWhole ? Math.min(1, scale) : scale)));
}

// The square that has all faces, with room to move; null where none in the frame has them all.
export function around(faces, { width, height }) {
  const left = Math.min(...faces.map(({ box }) => box.x));
  const top = Math.min(...faces.map(({ box }) => box.y));
  const right = Math.max(...faces.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...faces.map(({ box }) => box.y + box.height));
  const largest = Math.max(...faces.map(({ box }) => Math.max(box.width, box.height)));
  const needed = Math.max(right - left, bottom - top), limit = Math.min(width, height);
  if (needed > limit) return null;
  const side = Math.round(Math.min(limit, needed + (AROUND - 1) * largest));
  const inside = (middle, whole) => Math.min(Math.max(0, Math.round(middle - side / 2)), whole - side);
  return { x: inside((left + right) / 2, width), y: inside((top + bottom) / 2, height),
    width: side, height: side };
}

// A box of the answer, which is in pixels of what was sent, in pixels of the frame.
export function placed(box, part, sent) {
  const scale = part.width / sent.width;
  return { x: part.x + box.x * scale, y: part.y + box.y * scale,
    width: box.width * scale, height: box.height * scale };
}
