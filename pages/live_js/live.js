// The page Live: the camera's frames go to the studio one or two at a time, and what comes back is
// drawn. Nothing here makes Streamlit run the page again but the button that leaves for Predict.
import { Answers } from './answers.js';
import { cameras, explained, open } from './camera.js';
import { Faces } from './faces.js';
import { Figures } from './figures.js';
import { Frames, placed } from './frames.js';
import { Minute } from './minute.js';
import { Overlay, text } from './overlay.js';
import { Reading } from './reading.js';
import { Record } from './record.js';

const PARTS = ['stage', 'off', 'light', 'message', 'notice', 'start', 'actions', 'pause', 'snapshot',
  'record', 'stop', 'settings', 'mirror', 'cameras', 'camera', 'smoothing', 'seconds'];
const BACK_MS = 4000;  // how long it says that all is well again

class Live {
  constructor(root) {
    this.section = root.querySelector('.live');
    this.video = root.querySelector('video');
    this.beside = root.querySelector('.reading');
    for (const name of PARTS) this[name] = root.querySelector('.' + name);
    this.frames = new Frames();
    this.figures = new Figures(root.querySelector('.figures'));
    this.overlay = new Overlay(root.querySelector('.boxes'), this.video);
    this.reading = new Reading(root, (number) => this.choose(number));
    this.minute = new Minute(root);
    this.answers = new Answers({
      answered: (answer) => this.answered(answer),
      trouble: (sentence) => this.say(sentence),
      well: (kind) => this.say(kind === 'lost' ? 'The studio answers again.' : '', true),
    });
    this.gone = new AbortController();
    this.wire();
    this.restart();
    this.enter('off');
  }

  update({ data, setTriggerValue }) {
    const other = this.data && this.data.model !== data.model;
    const labels = new Map(data.labels.map(({ label, ...rest }) => [label, rest]));
    Object.assign(this, { data: { ...data, labels }, setTriggerValue });
    this.notice.textContent = `Frames go to the studio at ${location.host}, are read in its memory `
      + 'and forgotten. No picture is stored.';
    if (other) this.restart();
  }

  wire() {
    this.start.onclick = () => this.begin();
    this.stop.onclick = () => this.end().focus();
    this.pause.onclick = () => this.hold(this.state === 'live');
    this.snapshot.onclick = () => this.leaveWithPicture();
    this.record.onclick = () => (this.recorded ? this.finishRecord() : this.beginRecord());
    this.camera.onchange = () => this.begin(this.camera.value);
    this.mirror.onchange = () => this.draw();
    this.smoothing.oninput = () => this.tellSmoothing();
    this.overlay.canvas.onclick = ({ offsetX, offsetY }) =>
      this.choose(this.overlay.at(offsetX, offsetY)?.number);
    const { signal } = this.gone;
    navigator.mediaDevices?.addEventListener('devicechange', () => this.listCameras(), { signal });
    // What is recorded is in this tab alone: the browser asks before it closes.
    addEventListener('beforeunload', (event) => this.recorded && event.preventDefault(), { signal });
    this.video.onresize = () => {
      this.stage.style.setProperty('--shape', this.video.videoWidth / this.video.videoHeight);
    };
    new ResizeObserver(() => this.draw()).observe(this.stage);
    this.tellSmoothing();
  }

  // off, starting, live or paused; the light is on whenever the camera is.
  enter(state) {
    this.state = this.section.dataset.state = state;
    const on = state === 'live' || state === 'paused';
    this.light.hidden = this.actions.hidden = this.settings.hidden = !on;
    this.beside.hidden = !on;
    this.off.hidden = on;
    this.light.lastElementChild.textContent = state === 'paused' ? 'Camera on, paused' : 'Camera on';
    this.start.disabled = state === 'starting';
    this.start.textContent = state === 'starting' ? 'Waiting for the camera…' : 'Start the camera';
    this.pause.textContent = state === 'paused' ? 'Go on' : 'Pause';
  }

  async begin(deviceId) {
    const attempt = this.attempt = {};
    const givenUp = () => this.attempt !== attempt;
    this.release();
    this.say('');
    this.enter('starting');
    try {
      const stream = await open(deviceId);
      if (givenUp()) return stream.getTracks().forEach((track) => track.stop());
      this.watch(stream);
      this.video.srcObject = stream;
      await this.video.play();
      await this.listCameras();
    } catch (error) {
      if (givenUp()) return;
      this.end().focus();
      this.say(explained(error));
      return;
    }
    if (givenUp()) return;
    this.restart();
    this.enter('live');
    if (!deviceId) this.pause.focus({ preventScroll: true });
    this.next(attempt);
  }

  watch(stream) {
    const [track] = stream.getVideoTracks();
    this.stream = stream;
    track.onended = () => {
      this.end();
      this.say('The camera went away: it was unplugged, or its permission was taken back. Plug it '
        + 'in or allow it, then start again.');
    };
    track.onmute = () => this.say('The camera sends no picture: is its shutter closed, or has '
      + 'another program taken it? The page goes on once it does.');
    track.onunmute = () => this.say('');
  }

  async listCameras() {
    const found = await cameras(), used = this.stream?.getVideoTracks()[0].getSettings().deviceId;
    this.cameras.hidden = found.length < 2;
    this.camera.replaceChildren(...found.map(({ label, deviceId }, i) =>
      new Option(label || `Camera ${i + 1}`, deviceId, false, deviceId === used)));
  }

  // Asks for the camera's next frame, as long as it runs.
  next(attempt) {
    const { video } = this;
    const ask = (callback) => (video.requestVideoFrameCallback
      ? video.requestVideoFrameCallback(callback) : requestAnimationFrame(callback));
    const frame = () => {
      if (this.attempt !== attempt || this.state !== 'live') return;
      ask(frame);
      if (video.videoWidth) this.frame(performance.now());
    };
    ask(frame);
  }

  frame(taken) {
    const sent = this.answers.free(taken);
    this.figures.frame(sent);
    if (!sent) return;
    const { known, complete } = this.faces;
    this.answers.send(this.data, async () => {
      const picture = await this.frames.take(this.video, known, complete, taken);
      return this.state === 'live' ? { taken, ...picture } : null;  // paused meanwhile
    });
  }

  answered({ reading, part, taken }) {
    if (this.state === 'off') return;
    const found = reading.faces.map((face) => ({ ...face, box: placed(face.box, part, reading) }));
    this.seen = this.faces.update(taken, found, Number(this.smoothing.value));
    this.taken = taken;
    const now = performance.now();
    if (this.recorded) this.addToRecord();
    this.figures.answer(now, now - taken);
    this.draw();
  }

  // The face that is shown beside: the one chosen, and once that is lost the biggest.
  chosen() {
    const { known } = this.faces, area = ({ box }) => box.width * box.height;
    const face = known.find(({ number }) => number === this.number)
      ?? known.reduce((a, b) => (a && area(a) >= area(b) ? a : b), null);
    this.number = face?.number;
    return face;
  }

  choose(number) {
    if (!number) return;
    this.number = number;
    this.draw();
  }

  draw() {
    const mirrored = this.mirror.checked;
    this.stage.classList.toggle('mirrored', mirrored);
    if (!this.seen) return;
    const { known } = this.faces, chosen = this.chosen();
    const texts = new Map(this.seen.map((face) => [face, text(face, known.length > 1, this.data)]));
    this.overlay.draw(this.seen, { texts, colours: this.data.colours, chosen, mirrored });
    this.reading.show(known, chosen, this.data);
    this.minute.show(chosen, this.data, this.taken);
  }

  hold(paused) {
    paused ? this.video.pause() : this.video.play();
    this.enter(paused ? 'paused' : 'live');
    // A new one: the frame that was asked for before the pause may come only now.
    if (!paused) this.next(this.attempt = {});
  }

  beginRecord() {
    this.recorded = new Record(this.data);
    this.record.setAttribute('aria-pressed', true);
    this.record.textContent = 'Stop recording';
  }

  addToRecord() {
    this.recorded.add(this.taken, this.seen);
    this.record.textContent = `Stop recording (${this.recorded.count.toLocaleString('en')} rows)`;
    if (this.recorded.full) this.finishRecord();
  }

  finishRecord() {
    this.recorded?.download();
    this.recorded = null;
    this.record.setAttribute('aria-pressed', false);
    this.record.textContent = 'Record numbers';
  }

  // One message, and with it the page is run again, in which Python opens Predict.
  leaveWithPicture() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.getContext('2d').drawImage(this.video, 0, 0);
    const [, picture] = canvas.toDataURL('image/jpeg', 0.92).split(',');
    this.end();
    this.setTriggerValue('snapshot', picture);
  }

  tellSmoothing() {
    const seconds = Number(this.smoothing.value);
    this.seconds.textContent = seconds ? `${seconds.toFixed(2)} s` : 'off';
  }

  say(sentence, calm = false) {
    clearTimeout(this.hush);
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
    this.message.classList.toggle('calm', calm);
    if (calm) this.hush = setTimeout(() => this.say(''), BACK_MS);
  }

  // Nothing is known yet.
  restart() {
    this.finishRecord();
    this.answers.reset();
    this.faces = new Faces();
    this.seen = this.number = null;
    for (const part of [this.figures, this.overlay, this.reading, this.minute]) part.clear();
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
  }

  // Returns the button that starts again.
  end() {
    this.attempt = null;
    this.release();
    this.restart();
    this.say('');
    this.enter('off');
    return this.start;
  }

  leave() {
    this.gone.abort();
    this.end();
  }
}

export function mount(component) {
  const root = component.parentElement;
  root.ferLive ??= new Live(root);
  root.ferLive.update(component);
  return () => root.ferLive.leave();
}
