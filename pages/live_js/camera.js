// The browser's camera, and what to do where there is none.
export const SIZE = { width: { ideal: 640 }, height: { ideal: 480 } };

export async function open(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'InsecureContext');
  const wanted = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'user' };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, ...wanted } });
  } catch (error) {
    if (error.name !== 'OverconstrainedError') throw error;
    return navigator.mediaDevices.getUserMedia({ video: SIZE });  // the one chosen is gone
  }
}

export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput');
}

export function explained({ name, message }) {
  const { port, pathname } = location;
  return {
    InsecureContext: 'Browsers lend the camera only to pages on https or on this very machine. On '
      + `the machine where the studio runs, open http://localhost${port && ':' + port}${pathname}; `
      + 'from elsewhere, put the studio behind https.',
    NotAllowedError: 'The camera was refused. Allow it for this page, by the sign beside the '
      + 'address or in the system’s privacy settings, then start again.',
    NotFoundError: 'No camera was found. Plug one in or switch it on, then start again.',
    NotReadableError: 'The camera is in use by another program, or does not answer. Close the '
      + 'other program or plug the camera in anew, then start again.',
  }[name] ?? `The camera did not start (${message || name}). Start again, or restart the browser.`;
}
