// Frames to the studio and answers back: at most two under way, none in a queue.
const IN_FLIGHT = 2, LIMIT_MS = 10_000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 4000;

const BUSY = 'The studio is busy with other pictures. The page goes on by itself once there is room; '
  + 'closing other live pages helps.';
const LOST = 'The studio does not answer. Is it still running, and this device on the network? The '
  + 'page goes on by itself once it answers.';

export class Answers {
  // `answered({ reading, ...about })`, in the order of the frames; `trouble(sentence)`; `well(kind)`
  // once an answer comes after trouble of that kind: busy, lost or refused.
  constructor({ answered, trouble, well }) {
    Object.assign(this, { answered, trouble, well, wait: FIRST_WAIT_MS });
    this.reset();
  }

  reset() {
    this.open?.forEach((abort) => abort.abort());
    Object.assign(this, { open: new Set(), before: null, resume: 0, kind: null });
  }

  // In trouble, one frame at a time finds out after a while whether it has passed.
  free(now) {
    return now >= this.resume && this.open.size < (this.kind ? 1 : IN_FLIGHT);
  }

  // Takes `frame`, which makes { jpeg, ...about }, and asks the studio to read it; null is not sent.
  send(studio, frame) {
    this.before = this.exchange(studio, frame, this.before);
  }

  async exchange(studio, frame, before) {
    const { open } = this, abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), LIMIT_MS);
    open.add(abort);
    try {
      const picture = await frame();
      const { jpeg, ...about } = picture ?? {};
      const answer = picture && await ask(studio, jpeg, abort.signal).catch(() => null);
      // Whatever became of it: one answer that fails must not keep back all after it.
      await before?.catch(() => {});
      if (picture && open === this.open) this.take(answer, about);
    } finally {
      clearTimeout(limit);
      open.delete(abort);
    }
  }

  take(answer, about) {
    if (!answer) return this.rest('lost', LOST);
    const { status, seconds, reading } = answer;
    if (status === 429) return this.rest('busy', BUSY, 1000 * seconds);
    if (status !== 200) return this.rest('refused', reading.error.message);
    if (this.kind) this.well(this.kind);
    this.kind = null;
    this.wait = FIRST_WAIT_MS;
    this.answered({ reading, ...about });
  }

  rest(kind, sentence, ms = this.wait) {
    this.kind = kind;
    this.resume = performance.now() + ms;
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
    this.trouble(sentence);
  }
}

// What the studio says; fails where it is not the studio that answers.
async function ask({ address, model, token }, jpeg, signal) {
  const query = new URLSearchParams({ model, detector: 'yunet' });
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`${address}?${query}`, { method: 'POST', body: jpeg, headers, signal });
  const seconds = Number(answer.headers.get('Retry-After')) || 1;
  const reading = await answer.json();
  // A proxy's error may be JSON too.
  if (!(answer.ok ? reading.faces : reading.error?.message)) throw new Error('not the studio');
  return { status: answer.status, seconds, reading };
}
