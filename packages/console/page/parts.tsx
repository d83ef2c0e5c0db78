import { useComputed, useSignal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now, previewUrl, type RunState, stop } from "./api.ts";
import { ago, visible } from "./format.ts";

/** Text of strangers: a key or a message. It is isolated, so that it cannot reorder what is beside it. */
export function Foreign({ text, of }: { text: string; of?: string }) {
  return (
    <bdi class="foreign" title={of}>
      {visible(text)}
    </bdi>
  );
}

/** A command that can be copied. */
export function CommandLine({ text }: { text: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, 2000);
  };
  return (
    <div class="command">
      <code>
        {text.split(" ").map((word, at) => (
          <Fragment key={at}>
            <span>{visible(word)}</span>{" "}
          </Fragment>
        ))}
      </code>
      <button type="button" class="quiet" onClick={copy} aria-label="Copy the command">
        {copied.value ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** How long ago; it follows the time. */
export function Ago({ at }: { at: string | number }) {
  const text = useComputed(() => ago(at, now.value));
  return (
    <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
      {text.value}
    </time>
  );
}

export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      {children}
    </p>
  );
}

/** Work of unknown length. */
export function Waiting({ children }: { children: ComponentChildren }) {
  return (
    <p class="waiting" role="status">
      <span class="spinner" aria-hidden="true" /> {children}
    </p>
  );
}

/** A source as the console's own decoder renders it. */
export function Preview({ of, etag, alt }: { of: string; etag: string; alt: string }) {
  const failed = useSignal<string | undefined>(undefined);
  const url = previewUrl(of, etag);
  useEffect(() => {
    failed.value = undefined;
  }, [url]);
  const why = async () => {
    const response = await fetch(url);
    const { error }: { error?: string } = response.ok ? {} : await response.json();
    failed.value = error ?? "The picture cannot be shown.";
  };
  if (failed.value !== undefined) return <NoPicture why={failed.value} />;
  return <img class="preview" src={url} alt={alt} loading="lazy" decoding="async" onError={why} />;
}

export function NoPicture({ why }: { why: string }) {
  return (
    <div class="preview none">
      <span>{visible(why)}</span>
    </div>
  );
}

/** How far a command is, by the last line in which it said so. */
export function Progress({ run }: { run: RunState }) {
  const line = run.lines.findLast((each) => /\d of \d/.test(each)) ?? run.lines.at(-1) ?? "";
  const [, done, all] = /([\d,]+) of ([\d,]+)/.exec(line) ?? [];
  const numberOf = (text = "") => Number(text.replaceAll(",", ""));
  const label = run.state === "stopping" ? "stopping …" : line || "starting …";
  return (
    <div class="progress" role="status">
      {done === undefined ? (
        <progress aria-label="Progress" />
      ) : (
        <progress aria-label="Progress" max={numberOf(all)} value={numberOf(done)} />
      )}
      <div class="row spread">
        <span>{visible(label)}</span>
        <button type="button" disabled={run.state === "stopping"} onClick={() => stop(run.id)}>
          Stop
        </button>
      </div>
    </div>
  );
}

/** A dialog over the page; Escape closes it. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} aria-labelledby="dialog-title" onClose={props.onClose}>
      <div class="dialog">
        <header class="row spread">
          <h2 id="dialog-title">{props.title}</h2>
          <button type="button" class="quiet" onClick={props.onClose} aria-label="Close">
            ✕
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

/** A name with its value, in a list of facts. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
