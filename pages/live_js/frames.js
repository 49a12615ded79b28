// What is sent of a frame: now and then the whole, to find new faces; in between a square around
// the known ones, which is a small part of the work and leaves a far face its own pixels.
const WHOLE_PX = 400;  // longer side; up to this the detector looks once, above it twice
const SQUARE_PX = 224;  // always the same, as it costs the detector time to change its size
const SEARCH_MS = 500, QUALITY = 0.85;
const AROUND = 2;  // of the side of a face
const WORTHWHILE = 0.7;  // a square larger than this part of the frame saves nothing

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
    const part = (!due && around(faces, size)) || { x: 0, y: 0, ...size };
    const whole = part.width === size.width;
    if (whole) this.searched = now;
    const longer = Math.max(part.width, part.height);
    const scale = whole ? Math.min(1, WHOLE_PX / longer) : SQUARE_PX / longer;
    const surface = whole ? this.whole : this.square;
    const wide = Math.round(part.width * scale), high = Math.round(part.height * scale);
    const { canvas } = surface;
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    surface.drawImage(video, part.x, part.y, part.width, part.height, 0, 0, wide, high);
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
    return { jpeg, part };
  }
}

// The square that has all faces with room to move, or null where that is nearly the whole frame.
export function around(faces, { width, height }) {
  const room = (AROUND - 1) / 2;
  const pad = (box) => room * Math.max(box.width, box.height);
  const left = Math.min(...faces.map(({ box }) => box.x - pad(box)));
  const top = Math.min(...faces.map(({ box }) => box.y - pad(box)));
  const right = Math.max(...faces.map(({ box }) => box.x + box.width + pad(box)));
  const bottom = Math.max(...faces.map(({ box }) => box.y + box.height + pad(box)));
  const side = Math.round(Math.max(right - left, bottom - top));
  if (side > WORTHWHILE * Math.min(width, height)) return null;
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
