// Beside the picture: which face, what it looks like, a bar for each expression.
import { top } from './faces.js';

export class Reading {
  constructor(root, choose) {
    for (const name of ['faces', 'headline', 'bars']) this[name] = root.querySelector('.' + name);
    this.faces.onchange = (event) => choose(Number(event.target.value));
    this.chips = new Map();
    this.rows = new Map();
  }

  show(known, chosen, settings) {
    this.showFaces(known, chosen, settings);
    this.say(chosen ? sentence(chosen, settings)
      : 'No face is seen. Look at the camera, with some light on the face.');
    if (String([...this.rows.keys()]) !== String([...settings.labels.keys()])) this.build(settings);
    const said = [];
    for (const [label, { fill, share }] of this.rows) {
      const value = chosen?.probabilities[label] ?? 0;
      fill.style.transform = `scaleX(${value.toFixed(3)})`;
      share.textContent = chosen ? percent(value) : '';
      said.push(`${label} ${percent(value)}`);
    }
    this.bars.setAttribute('aria-label', chosen ? said.join(', ') : 'No face');
  }

  say(text) {
    if (this.headline.textContent !== text) this.headline.textContent = text;
  }

  build({ labels }) {
    this.rows.clear();
    this.bars.replaceChildren(...[...labels].map(([label, { icon, colour }]) => {
      const row = element('div', 'bar'), groove = element('div'), fill = element('i'), share = element('b');
      fill.style.background = colour;
      groove.append(fill);
      row.append(element('span', '', `${icon} ${label}`.trim()), groove, share);
      this.rows.set(label, { fill, share });
      return row;
    }));
  }

  // One chip a face; with one face there is nothing to choose.
  showFaces(known, chosen, settings) {
    this.faces.hidden = known.length < 2;
    for (const [number, chip] of this.chips) {
      if (known.some((face) => face.number === number)) continue;
      chip.remove();
      this.chips.delete(number);
    }
    for (const face of known) {
      const chip = this.chips.get(face.number) ?? this.chip(face.number, settings);
      const { label, share } = top(face);
      chip.said.textContent = share < settings.unsure ? 'not sure' : `${settings.labels.get(label).icon} ${label}`;
      chip.input.checked = face === chosen;
    }
  }

  chip(number, { colours }) {
    const chip = element('label', 'face'), input = element('input'), badge = element('b', '', number);
    Object.assign(input, { type: 'radio', name: 'face', value: number });
    input.setAttribute('aria-label', `Face ${number}`);
    badge.style.background = colours[(number - 1) % colours.length];
    const said = element('span');
    chip.append(input, badge, said);
    this.faces.append(chip);
    this.chips.set(number, Object.assign(chip, { input, said }));
    return chip;
  }

  clear() {
    this.chips.forEach((chip) => chip.remove());
    this.chips.clear();
    this.rows.clear();
    this.faces.hidden = true;
    this.bars.replaceChildren();
    this.headline.textContent = '';
  }
}

export function sentence(face, { labels, unsure }) {
  const { label, share } = top(face);
  const named = `${labels.get(label).icon} ${label}`.trim();
  return share < unsure ? `Not sure, nearest is ${named}` : `Expression looks like ${named}`;
}

export function percent(share) {
  if (share < 0.0005) return '< 0.1 %';
  return `${(100 * share).toFixed(share < 0.0095 ? 1 : 0)} %`;
}

function element(tag, className = '', text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
