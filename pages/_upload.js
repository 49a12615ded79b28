// A drop zone that streams one file to the REST route. XMLHttpRequest, because fetch() cannot say
// how much of a body has been sent.
const pick = (root, name) => root.querySelector('.' + name);

// The upload that is under way, or was last. It goes on while the page around its zone changes, so
// it belongs to the document, and whichever zone is there shows it.
const upload = (window.ferUpload ??= { busy: false, share: 0, text: '', bad: false, answer: null });

function paint() {
  const { root, busy, share, text, bad } = upload;
  if (!root.isConnected) return;
  const progress = pick(root, 'progress'), bar = pick(root, 'bar');
  const sent = share === 1;
  pick(root, 'zone').classList.toggle('busy', busy);
  progress.hidden = !busy;
  pick(root, 'cancel').hidden = !busy || sent;
  bar.classList.toggle('waiting', busy && sent);
  bar.style.width = 100 * share + '%';
  if (sent) progress.removeAttribute('aria-valuenow');
  else progress.setAttribute('aria-valuenow', Math.round(100 * share));
  pick(root, 'state').textContent = text;
  pick(root, 'line').classList.toggle('bad', bad);
  upload.seen = !busy;
}

function tell(changed) {
  Object.assign(upload, changed);
  paint();
}

function end(text, bad = false) {
  pick(upload.root, 'zone').querySelector('input').value = '';
  tell({ busy: false, share: 0, text, bad });
}

// The page hears of it where its zone is there, and else as soon as it is.
function deliver() {
  if (!upload.answer || !upload.root.isConnected) return;
  const answer = upload.answer;
  upload.answer = null;
  upload.root.fer.setTriggerValue('imported', answer);
}

function send(file) {
  const { data } = upload.root.fer;
  const request = new XMLHttpRequest(), form = new FormData();
  const megabytes = (bytes) => Math.round(bytes / 1e6 * 10) / 10;
  if (file.size > data.limit) {
    return end(`${file.name} is larger than 1 GB; import it by its path instead.`, true);
  }
  request.upload.onprogress = (event) => tell({
    share: Math.min(event.loaded / event.total, 0.999),
    text: `Sending ${file.name}: ${megabytes(event.loaded)} of ${megabytes(event.total)} MB`,
  });
  request.upload.onload = () => tell({ share: 1, text: `Reading ${file.name}` });
  request.onerror = () => end(`${file.name} could not be sent: is the studio running?`, true);
  request.onabort = () => end('Cancelled; nothing was kept.');
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* not from this route */ }
    if (request.status >= 400) {
      const reason = answer.error?.message ?? `the studio answered ${request.status}`;
      return end(reason, true);
    }
    end('');
    upload.answer = { name: answer.name, no_face: answer.no_face ?? 0 };
    deliver();
  };
  const query = new URLSearchParams();
  if (data.name) query.set('name', data.name);
  if (data.replace) query.set('replace', '1');
  if (data.crop) query.set('crop', '1');
  form.append('file', file);
  request.open('POST', `${data.address}?${query}`);
  if (data.token) request.setRequestHeader('Authorization', `Bearer ${data.token}`);
  upload.request = request;
  tell({ busy: true, share: 0, text: `Sending ${file.name}`, bad: false });
  request.send(form);
}

export default function ({ parentElement: root, data, setTriggerValue }) {
  root.fer = { data, setTriggerValue };
  const zone = pick(root, 'zone'), input = zone.querySelector('input');
  const isNew = upload.root !== root;
  upload.root = root;
  // What ended was told where it was seen; another visit need not hear of it.
  if (isNew && upload.seen) Object.assign(upload, { text: '', bad: false });
  input.onchange = () => input.files.length && send(input.files[0]);
  // One file at a time: a second one would take the place of the first one's progress.
  zone.onclick = (event) => upload.busy && event.preventDefault();
  zone.onkeydown = (event) => ['Enter', ' '].includes(event.key) && !upload.busy && input.click();
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add('over'); };
  zone.ondragleave = () => zone.classList.remove('over');
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer.files.length && !upload.busy) send(event.dataTransfer.files[0]);
  };
  pick(root, 'cancel').onclick = () => upload.request.abort();
  paint();
  setTimeout(deliver);
}
