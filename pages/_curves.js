// Redraws figures in place. Plotly is fetched once for the document, however often this runs.
function plotly(address) {
  if (!window.ferPlotly) {
    window.ferPlotly = new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = address;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error('The charts could not be loaded; reload the page.'));
      document.head.append(script);
    });
    window.ferPlotly.catch(() => delete window.ferPlotly);
  }
  return window.ferPlotly;
}

function themed(layout, root) {
  const style = getComputedStyle(root);
  const of = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const line = of('border-color-light') || of('border-color');
  const axis = (given) => ({ zeroline: false, gridcolor: line, linecolor: line, ...given });
  return { ...layout, xaxis: axis({ showgrid: false, ...layout.xaxis }), yaxis: axis(layout.yaxis),
    font: { family: of('font'), color: of('text-color'), size: 12 },
    colorway: [of('primary-color'), of('text-color')],
    paper_bgcolor: 'transparent', plot_bgcolor: 'transparent' };
}

// A matrix goes from the paper's colour to the accent.
function shaded(trace, root) {
  if (trace.type !== 'heatmap') return trace;
  const style = getComputedStyle(root);
  const colours = ['secondary-background-color', 'primary-color'];
  return { ...trace,
    colorscale: colours.map((name, i) => [i, style.getPropertyValue(`--st-${name}`).trim()]) };
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.fer-curves');
  // All places first: each takes the width that is left by the others.
  const places = data.figures.map((figure, i) => {
    const place = root.children[i] ?? root.appendChild(document.createElement('div'));
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', figure.alt);
    return place;
  });
  plotly(data.script).then((Plotly) => {
    // Those of a run that was shown before, which had more.
    while (root.children.length > data.figures.length) {
      Plotly.purge(root.lastChild);
      root.lastChild.remove();
    }
    places.forEach((place, i) => {
      const traces = data.figures[i].data.map((trace) => shaded(trace, root));
      const layout = themed(data.figures[i].layout, root);
      // Most stay as they are until an epoch ends, and to draw one takes a processor's time.
      const drawn = JSON.stringify([traces, layout]);
      if (place.drawn === drawn) return;
      place.drawn = drawn;
      place.style.minHeight = `${layout.height}px`;
      Plotly.react(place, traces, layout, { displayModeBar: false, responsive: true });
    });
  }).catch((error) => { root.textContent = error.message; });
  // A chart that is left listens to the window's size for good.
  return () => [...root.children].forEach((place) => window.Plotly?.purge(place));
}
