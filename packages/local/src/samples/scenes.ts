/** A scene, as the SVG that draws it. */
export interface Scene {
  readonly svg: string;
  /** Width over height. */
  readonly aspect: number;
}

/** The numbers in [0, 1) of a seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws on `width` x 1,000 units. */
function scene(width: number, content: string): Scene {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${width} 1000" color-interpolation-filters="sRGB">
    ${noise("clouds", ".002 .009", 6, "0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 3.6 0 0 0 -1.75")}
    ${lit("rock", ".012 .02", 6, 1.1)}${lit("skin", ".12", 2, 0.16)}${lit("dust", ".012", 6, 0.7)}
    <filter id="waves" x="0" y="0" width="1" height="1"><feTurbulence baseFrequency=".004 .07" numOctaves="3" seed="3"/>
      <feDisplacementMap in="SourceGraphic" scale="34" xChannelSelector="R" yChannelSelector="G"/></filter>
    <filter id="soft" x="-1" y="-1" width="3" height="3"><feGaussianBlur stdDeviation="18"/></filter>
    ${content}</svg>`;
  return { svg, aspect: width / 1000 };
}

/** Replaces what it is applied to by noise, through a matrix of colors. */
function noise(id: string, frequency: string, octaves: number, matrix: string, seed = 7): string {
  return `<filter id="${id}" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="${octaves}" seed="${seed}"/>
    <feColorMatrix values="${matrix}"/></filter>`;
}

/** Gives a shape a rough surface, lit from the upper left. */
function lit(id: string, frequency: string, octaves: number, height: number): string {
  return `<filter id="${id}" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="${octaves}" seed="5"/>
    <feColorMatrix values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0"/>
    <feDiffuseLighting surfaceScale="${height * 10}" diffuseConstant="1.25" lighting-color="#fff"><feDistantLight azimuth="215" elevation="50"/></feDiffuseLighting>
    <feBlend mode="multiply" in2="SourceGraphic"/><feComposite operator="in" in2="SourceGraphic"/></filter>`;
}

/** `id` and evenly spaced colors, from the top down. */
function gradient(id: string, ...colors: string[]): string {
  return `<linearGradient id="${id}" x2="0" y2="1">${stops(colors)}</linearGradient>`;
}

function ball(id: string, ...colors: string[]): string {
  return `<radialGradient id="${id}" cx=".36" cy=".32" r=".75">${stops(colors)}</radialGradient>`;
}

function glow(id: string, color: string): string {
  return `<radialGradient id="${id}"><stop stop-color="${color}"/><stop offset=".4" stop-color="${color}" stop-opacity=".3"/><stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient>`;
}

function stops(colors: readonly string[]): string {
  return colors
    .map((color, index) => `<stop offset="${index / (colors.length - 1)}" stop-color="${color}"/>`)
    .join("");
}

/** The outline of mountains by midpoint displacement, closed at the bottom of the scene. */
function ridge(seed: number, width: number, base: number, rise: number, roughness = 0.5): string {
  const random = seeded(seed);
  let heights = [random(), random(), random(), random()];
  for (let spread = 0.5; heights.length < 500; spread *= roughness) {
    heights = heights.flatMap((left, index) => {
      const right = heights[index + 1];
      return right === undefined ? [left] : [left, (left + right) / 2 + (random() - 0.5) * spread];
    });
  }
  const step = width / (heights.length - 1);
  const points = heights.map((height, index) => `${n(index * step)} ${n(base - rise * height)}`);
  return `M${points.join("L")}V1000H0z`;
}

function stars(count: number, width: number, below: number): string {
  const random = seeded(count);
  return Array.from(
    { length: count },
    () =>
      `<circle cx="${n(random() * width)}" cy="${n(random() * below)}" r="${n(0.6 + random() ** 6 * 2)}" fill="#fff" opacity="${n(0.2 + random() * 0.7)}"/>`,
  ).join("");
}

/** Mirrors the group #land in water below `shore`. */
function water(width: number, shore: number, depth: string): string {
  return `<g filter="url(#waves)"><rect x="-40" y="${shore}" width="${width + 80}" height="${1040 - shore}" fill="${depth}"/>
    <g clip-path="url(#below)"><use xlink:href="#land" transform="matrix(1.08 0 0 -1 -50 ${2 * shore})"/></g></g>
    <clipPath id="below"><rect x="-40" y="${shore}" width="${width + 80}" height="${1040 - shore}"/></clipPath>
    ${gradient("depth", `${depth}00`, `${depth}d0`)}<rect y="${shore}" width="${width}" height="${1000 - shore}" fill="url(#depth)"/>`;
}

function n(value: number): string {
  return value.toFixed(1);
}

/** Dawn over ranges of mountains, mirrored in a lake. */
export function mountainLake(): Scene {
  const width = 1333;
  const ranges = [
    { fill: "far", at: 560, rise: 250 },
    { fill: "middle", at: 610, rise: 270 },
    { fill: "near", at: 640, rise: 170 },
    { fill: "shore", at: 665, rise: 70 },
  ].map(
    ({ fill, at, rise }, index) =>
      `<path d="${ridge(index + 14, width, at, rise)}" fill="url(#${fill})" filter="url(#rock)"/>`,
  );
  return scene(
    width,
    `${gradient("sky", "#2b4a7f", "#5f86b8", "#a9b9cf", "#f0c9a4", "#ffdca8")}${glow("sun", "#ffcf90")}
    ${gradient("far", "#c6b7bd", "#8f93b3", "#d9c4bb")}${gradient("middle", "#75799c", "#4c5c84", "#9a9db0")}
    ${gradient("near", "#3d5475", "#2b4262")}${gradient("shore", "#22384a", "#13222f")}
    <g id="land"><rect width="${width}" height="660" fill="url(#sky)"/>
      <rect width="${width}" height="600" filter="url(#clouds)" opacity=".75"/>
      <circle cx="930" cy="385" r="420" fill="url(#sun)"/><circle cx="930" cy="385" r="34" fill="#fff6df"/>${ranges.join("")}</g>
    ${water(width, 650, "#16324f")}`,
  );
}

/** Fruit on a wooden table, lit from a window on the left. */
export function stillLife(): Scene {
  const fruits = [
    { x: 225, y: 615, r: 120, skin: "apple" },
    { x: 430, y: 590, r: 128, skin: "orange" },
    { x: 320, y: 700, r: 124, skin: "orange" },
    { x: 520, y: 730, r: 90, skin: "lime" },
    { x: 145, y: 760, r: 82, skin: "lime" },
  ].map(
    ({ x, y, r, skin }) =>
      `<ellipse cx="${x + r * 0.45}" cy="${y + r * 0.86}" rx="${r * 1.15}" ry="${r * 0.3}" opacity=".6" filter="url(#soft)"/>
      <circle cx="${x}" cy="${y}" r="${r}" fill="url(#${skin})" filter="url(#skin)"/>
      <ellipse cx="${x - r * 0.36}" cy="${y - r * 0.42}" rx="${r * 0.26}" ry="${r * 0.18}" fill="#fff" opacity=".4" filter="url(#soft)"/>`,
  );
  return scene(
    750,
    `${ball("apple", "#ff9a78", "#cf3a2b", "#8a1512", "#2c0506")}${ball("orange", "#ffdf9c", "#f8a236", "#d9690f", "#5a2004")}
    ${ball("lime", "#e6f0a0", "#94bd3f", "#4b7a16", "#142c06")}${glow("window", "#e8dcbd")}
    ${noise("wood", ".003 .05", 5, "1.5 0 0 0 -.32 .95 0 0 0 -.25 .55 0 0 0 -.16 0 0 0 0 1")}
    <rect width="750" height="640" fill="#2b2c2e"/><circle cx="110" cy="280" r="620" fill="url(#window)" opacity=".6"/>
    <rect width="750" height="640" filter="url(#clouds)" opacity=".06"/>
    <rect y="620" width="750" height="380" filter="url(#wood)"/>
    <path d="M0 622h750M0 724h750M0 850h750" stroke="#1c0d05" stroke-width="5"/>
    <linearGradient id="fall"><stop stop-opacity="0"/><stop offset="1" stop-opacity=".65"/></linearGradient><rect width="750" height="1000" fill="url(#fall)"/>
    ${fruits.join("")}`,
  );
}

/** A dahlia, leaves out of focus behind it. */
export function dahlia(): Scene {
  const random = seeded(41);
  const bokeh = Array.from(
    { length: 26 },
    () =>
      `<circle cx="${n(random() * 1000)}" cy="${n(random() * 1000)}" r="${n(20 + random() * 70)}" fill="${random() < 0.6 ? "#4f7d3c" : "#c9d68c"}" opacity="${n(0.1 + random() * 0.25)}"/>`,
  );
  const petals = Array.from({ length: 10 }, (_ring, ring) => {
    const reach = 455 * (1 - ring / 11) ** 1.1;
    const count = 18 - ring;
    return Array.from({ length: count }, (_petal, index) => {
      const turn = (360 / count) * (index + ring * 0.47) + random() * 4;
      const size = reach * (0.94 + random() * 0.1);
      return `<use xlink:href="#petal" transform="translate(520 500)rotate(${n(turn)})scale(${(size / 100) * (0.75 + ring * 0.04)} ${size / 100})"/>`;
    }).join("");
  });
  return scene(
    1000,
    `${gradient("leaf", "#17301b", "#0b1a10", "#24421f")}${gradient("petals", "#ffe0e6", "#f78fb0", "#d9417a", "#7a1046", "#3a0620")}
    <filter id="shade" x="-.3" y="-.3" width="1.6" height="1.6"><feDropShadow dx="0" dy="0" stdDeviation="7" flood-opacity=".55"/></filter>
    <g id="petal"><path d="M0 0C-25-25-22-88 0-100 22-88 25-25 0 0z" fill="url(#petals)" stroke="#5c0c35" stroke-opacity=".5" stroke-width=".5"/>
      <path d="M0-8Q-3-50-1-92M-5-25Q-11-60-7-86M5-25Q11-60 7-86" fill="none" stroke="#8d1450" stroke-opacity=".35" stroke-width=".7"/></g>
    <rect width="1000" height="1000" fill="url(#leaf)"/><g filter="url(#soft)">${bokeh.join("")}</g>
    ${petals.map((ring) => `<g filter="url(#shade)">${ring}</g>`).join("")}
    <circle cx="520" cy="500" r="26" fill="#d98a3a" filter="url(#skin)"/>`,
  );
}

/** A skyline by night over water. */
export function nightCity(): Scene {
  const random = seeded(31);
  const rows = [
    { top: 470, color: "#34315f", size: 15 },
    { top: 380, color: "#1c2042", size: 12 },
    { top: 240, color: "#0d1126", size: 9 },
  ].map(({ top, color, size }) => {
    let towers = "";
    for (let left = -20; left < 1500; ) {
      const across = 50 + random() * 80;
      const height = (0.3 + random() ** 1.6 * 0.7) * top * (1.1 - Math.abs(left - 700) / 1100);
      towers += `<path d="M${n(left)} 720v-${n(height)}h${n(across)}v${n(height)}z" fill="${color}"/>`;
      for (let y = 720 - height + size; y < 712; y += size * 1.5) {
        for (let x = left + size * 0.6; x < left + across - size; x += size) {
          const lamp = ["#ffd58a", "#ffe9bd", "#ffb866", "#bfe0ff"][Math.floor(random() * 12)];
          if (lamp)
            towers += `<path d="M${n(x)} ${n(y)}h${n(size / 2)}v${n(size * 0.7)}h-${n(size / 2)}z" fill="${lamp}"/>`;
        }
      }
      left += across + (random() < 0.35 ? random() * 30 : 0);
    }
    return towers;
  });
  return scene(
    1500,
    `${gradient("sky", "#050818", "#0b1436", "#26245c", "#6b3a6d", "#d97a5a")}${glow("moon", "#c9cdf2")}${gradient("haze", "#6b3a6d00", "#c2687260")}
    <g id="land"><rect width="1500" height="720" fill="url(#sky)"/>${stars(260, 1500, 420)}
      <rect width="1500" height="500" filter="url(#clouds)" opacity=".12"/>
      <circle cx="1180" cy="200" r="300" fill="url(#moon)" opacity=".5"/><circle cx="1180" cy="200" r="50" fill="#f5efd9" filter="url(#dust)"/>
      ${rows
        .map((row) => `${row}<rect y="250" width="1500" height="470" fill="url(#haze)"/>`)
        .slice(0, 2)
        .join("")}${rows[2]}</g>
    ${water(1500, 720, "#060a1c")}`,
  );
}

/** Northern lights over a snowy forest. */
export function aurora(): Scene {
  const random = seeded(61);
  const curtains = ["#3dffa2", "#2ee6c0", "#a86bff"].map((color, index) => {
    const foot = 560 - index * 130;
    const wave = `M-100 ${foot}C300 ${foot - 260 + index * 60} 500 ${foot + 210} 900 ${foot - 60}S1400 ${foot - 200} 1750 ${foot}`;
    return `${gradient(`light${index}`, `${color}00`, `${color}70`, `${color}e0`)}
      <g filter="url(#rays)"><path d="${wave}V${foot - 480}H-100z" fill="url(#light${index})" filter="url(#soft)"/></g>`;
  });
  const trees = Array.from({ length: 150 }, (_tree, index) => {
    const x = index * 10.8 + random() * 8;
    const tall = 50 + random() ** 2 * 110;
    const boughs = [1, 0.78, 0.56, 0.34].map(
      (share) =>
        `M${n(x)} ${n(850 - tall * share)}l${n(tall * 0.16 * (1.3 - share))} ${n(tall * 0.34)}h-${n(tall * 0.32 * (1.3 - share))}z`,
    );
    return boughs.join("");
  });
  return scene(
    1600,
    `${gradient("sky", "#030713", "#071127", "#0c1f3c", "#17395a")}${gradient("snow", "#3f7f80", "#16324a", "#071220")}
    <filter id="rays" x="0" y="0" width="1" height="1"><feTurbulence type="fractalNoise" baseFrequency=".011 .0008" numOctaves="4" seed="9"/>
      <feColorMatrix values="0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 2.4 0 0 0 -.55"/><feComposite in="SourceGraphic" operator="in"/></filter>
    <rect width="1600" height="1000" fill="url(#sky)"/>${stars(420, 1600, 800)}<g style="mix-blend-mode:screen">${curtains.join("")}</g>
    <path d="${ridge(64, 1600, 870, 60, 0.35)}" fill="url(#snow)" filter="url(#rock)"/><path d="${trees.join("")}" fill="#04080d"/>
    <path d="M0 850Q800 810 1600 850V1000H0z" fill="url(#snow)"/>`,
  );
}

/** A wide bay at noon: clouds, sea, a cliff, sand. */
export function coast(): Scene {
  return scene(
    2000,
    `${gradient("sky", "#1f5fae", "#4f93d6", "#a8d0ee", "#f2ead6")}${gradient("sea", "#2a6a9c", "#1c7aa8", "#2aa0b0", "#8fd8c8")}
    ${gradient("cliff", "#5f7a35", "#cfae86", "#96785a", "#6b563f")}${gradient("sand", "#b98f5a", "#ecd3a0", "#f5e0b4")}
    ${noise("glitter", ".006 .05", 4, "0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 5 0 0 0 -2.95", 11)}
    ${noise("grains", ".02 .06", 6, "0 0 0 0 .35 0 0 0 0 .24 0 0 0 0 .1 1.6 0 0 0 -.55", 12)}
    <rect width="2000" height="470" fill="url(#sky)"/><rect width="2000" height="462" filter="url(#clouds)"/>
    <rect y="460" width="2000" height="540" fill="url(#sea)"/><rect y="460" width="2000" height="440" filter="url(#glitter)" opacity=".6"/>
    <path d="M1150 462C1300 430 1450 380 1600 330L2000 270V540Q1700 530 1500 480z" fill="url(#cliff)" filter="url(#rock)"/>
    <path d="M-80 790Q500 980 1050 850T2080 740V1080H-80z" fill="url(#sand)" stroke="#fff" stroke-width="26" stroke-opacity=".85" filter="url(#waves)"/>
    <clipPath id="beach"><path d="M0 830Q500 1000 1050 875T2000 765V1000H0z"/></clipPath>
    <g clip-path="url(#beach)"><rect y="700" width="2000" height="300" filter="url(#grains)" opacity=".5"/></g>`,
  );
}

/** The moon on black. */
export function moon(): Scene {
  const random = seeded(72);
  const craters = Array.from({ length: 120 }, () => {
    const r = 5 + 60 * random() ** 6;
    const at = `cx="${n(120 + random() * 760)}" cy="${n(120 + random() * 760)}"`;
    return `<circle ${at} r="${n(r)}" fill="url(#crater)" stroke="#fff" stroke-opacity=".35" stroke-width="${n(r / 9)}"/>`;
  });
  return scene(
    1000,
    `<linearGradient id="crater" x2="1" y2=".5"><stop stop-opacity=".5"/><stop offset="1" stop-color="#fff" stop-opacity=".4"/></linearGradient>
    <radialGradient id="night" cx=".3" cy=".38" r=".72"><stop offset=".45" stop-opacity="0"/><stop offset="1"/></radialGradient>
    <clipPath id="disc"><circle cx="500" cy="500" r="420"/></clipPath>
    <rect width="1000" height="1000"/><g clip-path="url(#disc)"><rect width="1000" height="1000" fill="#e4e4e4" filter="url(#dust)"/>
      <rect width="1000" height="1000" filter="url(#clouds)" opacity=".25"/>${craters.join("")}<circle cx="500" cy="500" r="425" fill="url(#night)"/></g>`,
  );
}

/** Hills at an hour of the day, from 0 (midnight) to 1 (the next). */
export function day(hour: number): Scene {
  const turn = (hour - 0.25) * 2 * Math.PI;
  const height = Math.sin(turn);
  const light = Math.min(Math.max(height + 0.3, 0), 1);
  const dusk = Math.max(1 - Math.abs(height) * 2.5, 0);
  const sun = `cx="${n(1280 - 980 * Math.cos(turn))}" cy="${n(700 - 560 * height)}"`;
  const hills = ["#5d7f58", "#44683f", "#2b4a2a"].map(
    (fill, index) =>
      `<path d="${ridge(index + 81, 1600, 760 + index * 90, 260, 0.3)}" fill="${fill}"/>`,
  );
  const sky = `<rect width="1600" height="1000"`;
  return scene(
    1600,
    `${gradient("night", "#070b22", "#121a3d", "#24305c")}${gradient("noon", "#3f86d8", "#86bdee", "#d5ecf7")}${gradient("dusk", "#33306b", "#a14f6e", "#f6a25e")}${glow("sun", "#ffd890")}
    ${sky} fill="url(#night)"/>${stars(120, 1600, 700)}${sky} fill="url(#noon)" opacity="${light}"/>${sky} fill="url(#dusk)" opacity="${dusk * 0.85}"/>
    <circle ${sun} r="420" fill="url(#sun)"/><circle ${sun} r="70" fill="#fff3cf"/>
    <circle cx="${n(1280 + 980 * Math.cos(turn))}" cy="${n(700 + 560 * height)}" r="45" fill="#f5efd9"/>${hills.join("")}
    <g filter="url(#dim)" opacity="${n(0.75 * (1 - light))}">${hills.join("")}</g><filter id="dim"><feColorMatrix values="0 0 0 0 .03 0 0 0 0 .04 0 0 0 0 .13 0 0 0 1 0"/></filter>`,
  );
}

/** A die-cut sticker with a soft shadow; all around it is transparent. */
export function sticker(): Scene {
  return scene(
    1000,
    `${gradient("sky", "#233a7a", "#e8787a", "#ffd08a")}${gradient("sea", "#2fb0b4", "#123f6b")}${gradient("sail", "#fff", "#ffd9c2")}
    <circle cx="500" cy="525" r="430" opacity=".4" filter="url(#soft)"/><circle cx="500" cy="490" r="430" fill="#fff"/>
    <clipPath id="inside"><circle cx="500" cy="490" r="385"/></clipPath><g clip-path="url(#inside)">
    <rect width="1000" height="600" fill="url(#sky)"/><circle cx="640" cy="470" r="125" fill="#ffe9b0"/>
    <path d="M0 600 125 433l75 84 92-142 160 225z" fill="#3a2f66"/><path d="m292 375-38 60 33 28 25-21 32 33z" fill="#f5e6ef"/>
    <rect y="570" width="1000" height="430" fill="url(#sea)"/>
    <path d="M560 600h160M580 630h110M540 662h70M650 662h90M590 694h100" stroke="#fff2c8" stroke-width="10" stroke-linecap="round"/>
    <path d="M466 250v360H275q33-242 191-360z" fill="url(#sail)"/><path d="M492 300q166 125 158 310H492z" fill="#ef5d60"/>
    <path d="M469 233h20v417h-20z" fill="#5b3324"/><path d="M250 642h466q-33 108-116 108H358q-75 0-108-108z" fill="#7b3f2a"/>
    <path d="M80 780q50-42 100 0t100 0 100 0 100 0 100 0 100 0 100 0 100 0 100 0v250H80z" fill="#0f3157" opacity=".8"/></g>`,
  );
}
