// Draws a Plotly figure, and each further version of it in the same place, so that zoom and legend stay as they are.
const SCRIPT = "plotly.min.js";
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };
let loading;

function load() {
  loading ??= new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = new URL(SCRIPT, document.baseURI).href;
    script.onload = () => loaded(window.Plotly);
    script.onerror = () => failed(new Error(`${script.src} could not be loaded.`));
    document.head.append(script);
  });
  return loading;
}

function themed(layout, style) {
  const value = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const font = { ...layout.font, family: value("font"), color: value("text-color") };
  const hoverlabel = { ...layout.hoverlabel, bgcolor: value("background-color"), font };
  // A finger that drags over the chart scrolls the page.
  const dragmode = matchMedia("(pointer: fine)").matches ? "zoom" : false;
  return { ...layout, font, hoverlabel, dragmode };
}

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".chart");
  place.setAttribute("aria-label", data.alt);
  const style = getComputedStyle(place);
  const version = data.figure + style.getPropertyValue("--st-text-color");
  if (place.version !== version) {
    place.version = version;
    const figure = JSON.parse(data.figure);
    place.style.height = `${figure.layout.height}px`;
    const layout = themed(figure.layout, style);
    load().then(
      (Plotly) => place.isConnected && Plotly.react(place, figure.data, layout, CONFIG),
      () => { place.textContent = "The chart could not be loaded. Reload the page to try again."; },
    );
  }
  return () => { if (!place.isConnected) window.Plotly?.purge(place); };
}
