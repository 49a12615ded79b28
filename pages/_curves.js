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
  const axis = { gridcolor: of('border-color'), linecolor: of('border-color'), zeroline: false,
    automargin: true, title: { font: { size: 13 } }, fixedrange: false };
  const merged = (given) => ({ ...axis, ...given,
    title: typeof given?.title === 'string' ? { ...axis.title, text: given.title }
      : { ...axis.title, ...given?.title } });
  return { ...layout, xaxis: merged(layout.xaxis), yaxis: merged(layout.yaxis),
    font: { family: of('font'), color: of('text-color'), size: 12 },
    colorway: [of('primary-color'), of('text-color')],
    paper_bgcolor: 'transparent', plot_bgcolor: 'transparent' };
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.fer-curves');
  plotly(data.script).then((Plotly) => {
    data.figures.forEach((figure, i) => {
      const place = root.children[i] ?? root.appendChild(document.createElement('div'));
      place.setAttribute('role', 'img');
      place.setAttribute('aria-label', figure.alt);
      const options = { displayModeBar: false, responsive: true };
      Plotly.react(place, figure.data, themed(figure.layout, root), options);
    });
  }).catch((error) => { root.textContent = error.message; });
}
