import "uplot/dist/uPlot.min.css";
import "./style.css";
import { type ComponentChildren, render } from "preact";
import { useEffect } from "preact/hooks";
import { info, lastEventAt, lost, now, open, runs, session, status } from "./api.ts";
import { DeadLetters } from "./dead-letters.tsx";
import { Fleet } from "./fleet.tsx";
import { ago, thousands, visible } from "./format.ts";
import { Lab } from "./lab.tsx";
import { Now } from "./now.tsx";
import { CommandLine } from "./parts.tsx";
import { Picture } from "./picture.tsx";
import { route, to } from "./route.ts";
import { RunsPage } from "./runs.tsx";

const PAGES = [
  { page: "", title: "Now", Show: Now },
  { page: "dead-letters", title: "Dead letters", Show: DeadLetters },
  { page: "picture", title: "Picture", Show: Picture },
  { page: "lab", title: "Recipe lab", Show: Lab },
  { page: "runs", title: "Runs", Show: RunsPage },
  { page: "fleet", title: "Fleet", Show: Fleet },
] as const;

/** Without a sign of the console for so long, what is shown is stale; ms. */
const STALE_MS = 12_000;

function App() {
  const { page: current } = route.value;
  // On a phone, the list of pages is wider than the screen.
  useEffect(() => {
    document
      .querySelector("nav [aria-current]")
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current, session.value]);
  if (session.value === "none") return <NoSession />;
  if (session.value === "opening") return <Head />;
  const { Show, title } = PAGES.find(({ page }) => page === current) ?? PAGES[0];
  document.title = `${title} · Imagefleet`;
  return (
    <>
      <button type="button" class="skip" onClick={toContent}>
        Skip to the content
      </button>
      <Head>
        <nav aria-label="Pages">
          {PAGES.map(({ page, title: name }) => (
            <a key={page} href={to(page)} aria-current={page === current ? "page" : undefined}>
              {name}
              <Badge page={page} />
            </a>
          ))}
        </nav>
        <Connection />
      </Head>
      <main id="content">
        <Show />
      </main>
    </>
  );
}

/** Its first part is in the HTML too, so that something is painted before the script has loaded. */
function Head({ children }: { children?: ComponentChildren }) {
  return (
    <header class="top">
      <a class="brand" href={to("")}>
        <img src="/icon.svg" alt="" width="22" height="22" /> Imagefleet
      </a>
      {children}
    </header>
  );
}

function toContent(): void {
  document.querySelector<HTMLElement>("h1")?.focus();
}

function Badge({ page }: { page: string }) {
  if (page === "dead-letters" && status.value) {
    const { small, large } = status.value.deadLetters;
    if (small + large > 0) return <span class="badge">{thousands(small + large)}</span>;
  }
  const running = runs.value.filter(({ state }) => state !== "done").length;
  if (page === "runs" && running > 0) return <span class="badge busy">{running}</span>;
  return null;
}

/** Which fleet it is, and whether what is shown is of now. */
function Connection() {
  const isStale = now.value - lastEventAt.value > STALE_MS;
  const why = isStale ? "reconnecting …" : lost.value === undefined ? undefined : lost.value;
  return (
    <div class="connection">
      {info.value?.readOnly && <span class="tag">read only</span>}
      <span class="where" title={info.value?.where}>
        {info.value?.where}
      </span>
      {why !== undefined && (
        <span class="stale" role="status" title={visible(why)}>
          {visible(why)}
          {status.value && `, as of ${ago(status.value.at, now.value)}`}
        </span>
      )}
    </div>
  );
}

function NoSession() {
  return (
    <main class="no-session">
      <h1>Open the link of the terminal</h1>
      <p>
        The console opens by a link that works once. This address has no session: the link was used
        before, or the console was started again.
      </p>
      <p>
        In the terminal in which <code>console</code> runs, press Enter for a new link. To start it,
        also beside <code>npm start</code>:
      </p>
      <CommandLine text="npm run imagefleet -- console" />
    </main>
  );
}

const root = document.getElementById("app");
if (root) {
  render(<App />, root);
  void open();
}
