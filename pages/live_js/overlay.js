// Boxes and labels over the picture. The canvas is as large as the stage; the video is fitted into
// it, and seen in a mirror where that is wanted, while letters stay readable.
import { top } from './faces.js';

export class Overlay {
  constructor(canvas, video) {
    Object.assign(this, { canvas, video, context: canvas.getContext('2d') });
  }

  // `texts`: face -> what stands on its label. Of several, `chosen` has the thicker box.
  draw(faces, { texts, colours, chosen, mirrored }) {
    const { canvas, context, video } = this, dense = devicePixelRatio;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    const pixels = [Math.round(width * dense), Math.round(height * dense)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    context.setTransform(dense, 0, 0, dense, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const left = (width - video.videoWidth * scale) / 2, above = (height - video.videoHeight * scale) / 2;
    this.places = faces.map((face) => {
      const box = face.box, wide = box.width * scale;
      const x = mirrored ? width - left - box.x * scale - wide : left + box.x * scale;
      return { face, x, y: above + box.y * scale, width: wide, height: box.height * scale };
    });
    const several = faces.length > 1;
    for (const place of this.places) {
      const colour = colours[(place.face.number - 1) % colours.length];
      this.box(place, colour, several && place.face === chosen ? 4 : 2.5);
      this.label(place, texts.get(place.face), colour, width);
    }
  }

  // A dark rim and a light one, so that the line is seen on any ground.
  box({ x, y, width, height }, colour, line) {
    const { context } = this;
    for (const [style, thickness] of [['#000a', line + 3], ['#fffc', line + 1.5], [colour, line]]) {
      context.strokeStyle = style;
      context.lineWidth = thickness;
      context.beginPath();
      context.roundRect(x, y, width, height, 6);
      context.stroke();
    }
  }

  label({ x, y, height }, text, colour, right) {
    const { context } = this;
    context.font = `600 15px ${getComputedStyle(this.canvas).fontFamily}`;
    context.textBaseline = 'middle';
    const wide = context.measureText(text).width + 16, high = 26;
    const from = Math.max(0, Math.min(x, right - wide));
    const at = y >= high + 4 ? y - high - 4 : Math.min(y + height + 4, this.canvas.clientHeight - high);
    context.fillStyle = '#000c';
    context.beginPath();
    context.roundRect(from, at, wide, high, 6);
    context.fill();
    context.fillStyle = colour;
    context.fillRect(from, at + 4, 3, high - 8);
    context.fillStyle = '#fff';
    context.fillText(text, from + 9, at + high / 2 + 1);
  }

  clear() {
    this.places = [];
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // The face whose box is at a point of the canvas.
  at(x, y) {
    return this.places?.find((place) => x >= place.x && x <= place.x + place.width
      && y >= place.y && y <= place.y + place.height)?.face;
  }
}

export function text(face, several, { labels, unsure }) {
  const { label, share } = top(face);
  const said = share < unsure ? 'not sure' : `${labels.get(label).icon} ${label} ${Math.round(100 * share)} %`;
  return several ? `${face.number}  ${said}` : said;
}
