// A drop zone that streams one file to the REST route. XMLHttpRequest, because fetch() cannot say
// how much of a body has been sent.
const pick = (root, name) => root.querySelector('.' + name);

function send(root, file) {
  const { data, setTriggerValue } = root.fer;
  const zone = pick(root, 'zone'), progress = pick(root, 'progress'), bar = pick(root, 'bar');
  const line = pick(root, 'line'), state = pick(root, 'state'), cancel = pick(root, 'cancel');
  const request = new XMLHttpRequest(), form = new FormData();
  const megabytes = (bytes) => Math.round(bytes / 1e6 * 10) / 10;
  const show = (text, bad = false) => {
    state.textContent = text;
    line.classList.toggle('bad', bad);
  };
  const end = (text, bad) => {
    zone.classList.remove('busy');
    progress.hidden = cancel.hidden = true;
    bar.classList.remove('waiting');
    pick(root, 'zone').querySelector('input').value = '';
    show(text, bad);
  };
  if (file.size > data.limit) {
    return end(`${file.name} is larger than 1 GB; import it by its path instead.`, true);
  }
  request.upload.onprogress = (event) => {
    const share = event.loaded / event.total;
    bar.style.width = 100 * share + '%';
    progress.setAttribute('aria-valuenow', Math.round(100 * share));
    show(`Sending ${file.name}: ${megabytes(event.loaded)} of ${megabytes(event.total)} MB`);
  };
  request.upload.onload = () => {
    bar.classList.add('waiting');
    progress.removeAttribute('aria-valuenow');
    cancel.hidden = true;
    show(`Reading ${file.name}`);
  };
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
    root.fer.setTriggerValue('imported', { name: answer.name, no_face: answer.no_face ?? 0 });
  };
  const query = new URLSearchParams();
  if (data.name) query.set('name', data.name);
  if (data.replace) query.set('replace', '1');
  if (data.crop) query.set('crop', '1');
  form.append('file', file);
  request.open('POST', `${data.address}?${query}`);
  if (data.token) request.setRequestHeader('Authorization', `Bearer ${data.token}`);
  zone.classList.add('busy');
  progress.hidden = cancel.hidden = false;
  bar.style.width = 0;
  cancel.onclick = () => request.abort();
  request.send(form);
}

export default function ({ parentElement: root, data, setTriggerValue }) {
  root.fer = { data, setTriggerValue };
  const zone = pick(root, 'zone'), input = zone.querySelector('input');
  input.onchange = () => input.files.length && send(root, input.files[0]);
  // One file at a time: a second one would take the place of the first one's progress.
  const busy = () => zone.classList.contains('busy');
  zone.onclick = (event) => busy() && event.preventDefault();
  zone.onkeydown = (event) => ['Enter', ' '].includes(event.key) && !busy() && input.click();
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add('over'); };
  zone.ondragleave = () => zone.classList.remove('over');
  zone.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer.files.length && !busy()) send(root, event.dataTransfer.files[0]);
  };
}
