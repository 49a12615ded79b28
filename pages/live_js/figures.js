// How fast it goes: answers a second, delay from frame to answer, frames that were left out.
const WINDOW_MS = 3000;

export class Figures {
  constructor(place) {
    this.place = place;
    this.clear();
  }

  clear() {
    Object.assign(this, { frames: 0, left: 0, answers: 0, recent: [], told: 0 });
    this.place.textContent = '';
  }

  frame(sent) {
    this.frames += 1;
    if (!sent) this.left += 1;
  }

  answer(now, delay) {
    this.answers += 1;
    this.recent.push({ now, delay });
    while (this.recent[0].now < now - WINDOW_MS) this.recent.shift();
    if (now - this.told >= 1000) this.tell(now);
  }

  tell(now) {
    this.told = now;
    const span = now - this.recent[0].now, delays = this.recent.map(({ delay }) => delay).sort((a, b) => a - b);
    if (!span) return;
    const rate = (1000 * (this.recent.length - 1)) / span, median = delays[delays.length >> 1];
    this.place.textContent = `${rate.toFixed(0)} answers a second · ${median.toFixed(0)} ms from frame to `
      + `answer (median) · ${this.answers} of ${this.frames} frames read, ${this.left} left out`;
  }
}
