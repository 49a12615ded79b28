// Frames to the studio and answers back: at most two under way, none in a queue.
const IN_FLIGHT = 2, LIMIT_MS = 10_000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 4000;

export class Answers {
  // `answered({ reading, ...about })`, in the order of the frames; `trouble(kind, sentence)`, kind
  // being busy, lost or refused; `well(kind)` once an answer comes after trouble of that kind.
  constructor({ answered, trouble, well }) {
    Object.assign(this, { answered, trouble, well, wait: FIRST_WAIT_MS });
    this.reset();
  }

  reset() {
    this.open?.forEach((abort) => abort.abort('reset'));
    Object.assign(this, { open: new Set(), before: null, resume: 0, kind: null });
  }

  // In trouble one frame at a time, after a while, finds out whether it has passed.
  free(now) {
    return now >= this.resume && this.open.size < (this.kind ? 1 : IN_FLIGHT);
  }

  // Takes `frame`, which makes { jpeg, ... }, and asks the studio to read it.
  send(studio, frame) {
    this.before = this.exchange(studio, frame, this.before);
  }

  async exchange({ address, model, token }, frame, before) {
    const { open } = this, abort = new AbortController();
    const limit = setTimeout(() => abort.abort('late'), LIMIT_MS);
    open.add(abort);
    try {
      const { jpeg, ...about } = await frame();
      const query = new URLSearchParams({ model, detector: 'yunet' });
      const answer = await fetch(`${address}?${query}`, {
        method: 'POST', body: jpeg, headers: token ? { Authorization: `Bearer ${token}` } : {},
        signal: abort.signal,
      });
      const reading = await answer.json().catch(() => null);
      await before;
      if (open !== this.open) return;
      if (answer.ok && reading) this.succeeded({ reading, ...about });
      else this.failed(answer, reading?.error?.message);
    } catch (error) {
      if (open !== this.open) return;
      if (error.name !== 'TypeError' && error !== 'late') throw error;
      this.rest('lost', 'The studio does not answer. Is it still running, and this device on the '
        + 'network? The page goes on by itself once it answers.');
    } finally {
      clearTimeout(limit);
      open.delete(abort);
    }
  }

  succeeded(answer) {
    if (this.kind) this.well(this.kind);
    this.kind = null;
    this.wait = FIRST_WAIT_MS;
    this.answered(answer);
  }

  failed(answer, sentence) {
    if (answer.status === 429) {
      const seconds = Number(answer.headers.get('Retry-After')) || 1;
      this.rest('busy', 'The studio is busy with other pictures. The page goes on by itself once '
        + 'there is room; closing other live pages helps.', 1000 * seconds);
    } else if (answer.status >= 500 && !sentence) {
      this.rest('lost', `The studio is not well (${answer.status}): the terminal where it runs `
        + 'says more. The page goes on by itself once it answers.');
    } else {
      this.rest('refused', sentence ?? `The studio refused the picture (${answer.status}); reload `
        + 'the page.');
    }
  }

  rest(kind, sentence, ms = this.wait) {
    this.kind = kind;
    this.resume = performance.now() + ms;
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
    this.trouble(kind, sentence);
  }
}
