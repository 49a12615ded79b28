// Bars that are buttons: how many faces of each class, and which classes are shown.
export default function ({ parentElement, data, setTriggerValue }) {
  const bars = parentElement.querySelector('.bars');
  bars.classList.toggle('some', data.some((bar) => bar.on));
  const focused = [...bars.children].indexOf(parentElement.activeElement);
  bars.replaceChildren(...data.map((bar) => {
    const button = document.createElement('button');
    const name = document.createElement('span'), track = document.createElement('span');
    const fill = document.createElement('span'), number = document.createElement('span');
    const share = document.createElement('small');
    name.textContent = bar.name;
    track.className = 'track';
    fill.className = 'bar';
    Object.assign(fill.style, { width: 100 * bar.length + '%', background: bar.colour });
    track.append(fill);
    number.className = 'number';
    share.textContent = ` ${bar.share}`;
    number.append(bar.count, share);
    button.append(name, track, number);
    button.setAttribute('aria-pressed', bar.on);
    button.onclick = () => setTriggerValue('toggled', bar.label);
    return button;
  }));
  bars.children[focused]?.focus();
}
