import { useSignal } from "@preact/signals";
import { bytes } from "./format.ts";
import { imageUrl, type Rendition, referenceUrl } from "./lab-api.ts";

const ZOOMS = [1, 2, 4] as const;

type Side = "original" | "now" | "changed";
const NAMES: Readonly<Record<Side, string>> = {
  original: "original",
  now: "the recipe",
  changed: "changed",
};

/** Two renderings of a picture, one over the other, with a line between them that a person moves. */
export function Compare(props: {
  picture: string;
  label: string;
  now: Rendition | undefined;
  changed: Rendition | undefined;
  isMeasuring: boolean;
}) {
  const { picture, label, now, changed } = props;
  const split = useSignal(50);
  const zoom = useSignal<(typeof ZOOMS)[number]>(1);
  const left = useSignal<Side>("original");
  const right: Side = changed ? "changed" : "now";
  const shown = changed ?? now;
  if (shown === undefined) return null;
  const urlOf = (side: Side) => {
    const rendition = side === "changed" ? changed : now;
    return side === "original" || rendition === undefined
      ? referenceUrl(picture, label)
      : imageUrl(rendition.image);
  };
  const size = { width: `${shown.width * zoom.value}px`, height: `${shown.height * zoom.value}px` };
  const sizeOf = (side: Side) =>
    side === "original" ? undefined : side === "changed" ? changed : now;
  const caption = (side: Side) => {
    const rendition = sizeOf(side);
    return rendition ? `${NAMES[side]}, ${bytes(rendition.bytes)}` : NAMES[side];
  };
  return (
    <figure class="compare" aria-busy={props.isMeasuring}>
      <div class="row spread">
        <fieldset class="tabs">
          <legend>Left</legend>
          {(["original", "now"] as const).map((side) => (
            <label key={side}>
              <input
                type="radio"
                name="left"
                checked={left.value === side}
                onChange={() => {
                  left.value = side;
                }}
              />
              <span>{NAMES[side]}</span>
            </label>
          ))}
        </fieldset>
        <fieldset class="tabs">
          <legend>Zoom</legend>
          {ZOOMS.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="zoom"
                checked={zoom.value === each}
                onChange={() => {
                  zoom.value = each;
                }}
              />
              <span>{each}×</span>
            </label>
          ))}
        </fieldset>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it. */}
      <section class="stage" tabIndex={0} aria-label="The two renderings">
        <div class={`layers zoom-${zoom.value}`} style={size}>
          <img src={urlOf(right)} alt={caption(right)} />
          <img
            src={urlOf(left.value)}
            alt={caption(left.value)}
            style={{ clipPath: `inset(0 ${100 - split.value}% 0 0)` }}
          />
          <span class="line" style={{ left: `${split.value}%` }} />
        </div>
      </section>
      <input
        type="range"
        min="0"
        max="100"
        step="0.5"
        value={split.value}
        aria-label="Where the left rendering ends"
        onInput={({ currentTarget }) => {
          split.value = Number(currentTarget.value);
        }}
      />
      <figcaption class="row spread dim">
        <span>{caption(left.value)}</span>
        <span>
          {shown.width} × {shown.height} px
        </span>
        <span>{caption(right)}</span>
      </figcaption>
    </figure>
  );
}
