// Gives a picture from the clipboard to an uploader, which by itself takes one only while it has
// the focus: where it is pasted anywhere on the page, and by the button.
const pictures = (files) => [...files].filter((file) => file.type.startsWith('image/'));

function give(uploader, files) {
  const zone = document.querySelector(`.st-key-${uploader} [data-testid=stFileUploaderDropzone]`);
  const clipboardData = new DataTransfer();
  files.forEach((file) => clipboardData.items.add(file));
  zone?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
}

async function read() {
  const files = [];
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith('image/'));
    if (type) files.push(new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type }));
  }
  return files;
}

export default function ({ parentElement: root, data }) {
  const button = root.querySelector('button'), state = root.querySelector('span');
  button.onclick = async () => {
    state.textContent = '';
    try {
      const files = await read();
      if (files.length) give(data.uploader, files);
      else state.textContent = 'The clipboard holds no picture.';
    } catch {
      state.textContent = 'The browser did not give it: press Ctrl+V, or choose the file.';
    }
  };
  const pasted = (event) => {
    const files = pictures(event.clipboardData?.files ?? []);
    const taken = event.target.closest?.('[data-testid=stFileUploaderDropzone]');
    if (files.length && !taken) give(data.uploader, files);
  };
  // This runs again where the theme changes: of two listeners each would give the picture.
  root.ferPasted?.();
  document.addEventListener('paste', pasted);
  root.ferPasted = () => document.removeEventListener('paste', pasted);
  return () => root.ferPasted();
}
