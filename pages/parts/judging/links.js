// Links of this page change its address without loading the page anew; with a modifier key they are ordinary links.

// A name given on this page is kept by the browser as one given while grading is.
const keep = (name, page) => {
  if (!name || page.kept === name) return;
  page.kept = name;
  const body = JSON.stringify({ name });
  fetch("/grading/who", { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body })
    .catch(() => { page.kept = null; });
};

export default function ({ data, setTriggerValue, parentElement }) {
  keep(data?.name, parentElement);
  const follow = (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest?.("a.jd-go");
    if (!link) return;
    event.preventDefault();
    setTriggerValue("address", link.getAttribute("href"));
  };
  parentElement.follow && document.removeEventListener("click", parentElement.follow);
  parentElement.follow = follow;
  document.addEventListener("click", follow);
  return () => document.removeEventListener("click", follow);
}
