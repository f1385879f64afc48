// Links of this page change its address without loading the page anew; with a modifier key they are ordinary links.

export default function ({ setTriggerValue, parentElement }) {
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
