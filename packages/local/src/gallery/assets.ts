/** The page's style: one column on a phone, as many as fit elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 80rem; padding: 0 3vw 3rem; }
h1 { font-size: 1.25rem; }
main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { margin: 0; min-width: 0; }
img { border-radius: .375rem; display: block; height: auto; max-height: 70vh; object-fit: cover; width: 100%; }
figcaption { overflow-wrap: anywhere; padding-top: .5rem; }
figcaption span, figcaption p { opacity: .75; }
figcaption p { font-size: .875rem; margin: .25rem 0 0; }
figcaption a, nav a { display: inline-block; padding: .25rem .5rem .25rem 0; }
.rejected { align-self: start; border: 1px dashed; border-radius: .375rem; opacity: .75; padding: 1rem; }
nav { margin-top: 2rem; }
`.trim();

/** A placeholder would be seen through a picture that is transparent. */
export const SCRIPT = `
for (const image of document.images) {
  // Not before the picture can be painted: it is decoded in the background.
  const show = () => image.decode().then(() => { image.style.background = "none"; });
  if (image.complete && image.naturalWidth > 0) show();
  else image.addEventListener("load", show, { once: true });
}
`.trim();
