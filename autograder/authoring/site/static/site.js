/* What the theme and MathJax leave for a keyboard and a screen reader. */
document.addEventListener("DOMContentLoaded", async () => {
  for (const toggle of document.querySelectorAll("li > details > summary:has(.toctree-toggle)")) {
    const page = toggle.closest("li").querySelector("a");
    toggle.setAttribute("aria-label", `Pages below ${page ? page.textContent.trim() : "this one"}`);
  }
  if (window.MathJax?.startup?.promise) await MathJax.startup.promise;
  const markWide = () => {
    for (const wide of document.querySelectorAll("mjx-container[display=true], .bd-article table")) {
      if (wide.scrollWidth > wide.clientWidth + 1) wide.tabIndex = 0; // so that arrow keys can scroll it
      else wide.removeAttribute("tabindex");
    }
  };
  markWide();
  window.addEventListener("resize", markWide);
  document.addEventListener("toggle", markWide, true); // what a fold has shown has a width now
});
