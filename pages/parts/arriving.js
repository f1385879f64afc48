// Brings into sight what was just opened, and the keyboard with it; once for every opening, not at every redraw.

const arrivedAt = (window.touchstoneArrivedAt ??= {});

export default function ({ data, parentElement }) {
  if (arrivedAt[data.place] === data.opening) return;
  arrivedAt[data.place] = data.opening;
  const host = parentElement.host ?? parentElement;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  // Streamlit is still drawing what stands above: wait until it stays where it is.
  let last = null;
  let tries = 0;
  const wait = setInterval(() => {
    const top = host.getBoundingClientRect().top;
    tries += 1;
    if (top !== last && tries < 20) {
      last = top;
      return;
    }
    clearInterval(wait);
    host.style.scrollMarginTop = "4.5rem";
    host.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    parentElement.querySelector(".here")?.focus({ preventScroll: true });
  }, 120);
}
