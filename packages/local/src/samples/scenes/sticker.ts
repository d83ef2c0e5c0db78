/** A die-cut sticker on nothing: soft shadow, white rim, transparent around. 1,200 x 1,200 px. */
export const STICKER = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1200" width="1200" height="1200">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#233a7a"/><stop offset=".55" stop-color="#e8787a"/><stop offset="1" stop-color="#ffd08a"/>
    </linearGradient>
    <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#2fb0b4"/><stop offset="1" stop-color="#123f6b"/>
    </linearGradient>
    <linearGradient id="sail" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#ffd9c2"/>
    </linearGradient>
    <radialGradient id="sun"><stop offset="0" stop-color="#fffbe8"/><stop offset="1" stop-color="#ffe29a"/></radialGradient>
    <filter id="shadow" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="22"/></filter>
    <clipPath id="inside"><circle cx="600" cy="580" r="462"/></clipPath>
  </defs>
  <circle cx="600" cy="620" r="520" fill="#000" opacity=".38" filter="url(#shadow)"/>
  <circle cx="600" cy="580" r="520" fill="#fff"/>
  <g clip-path="url(#inside)">
    <rect width="1200" height="800" fill="url(#sky)"/>
    <circle cx="760" cy="560" r="150" fill="url(#sun)"/>
    <g fill="#fff" opacity=".75">
      <path d="M190 380q60-60 130-20 60-60 130 10 70-10 80 40H170q-10-25 20-30z"/>
      <path d="M800 250q50-45 100-10 50-40 100 15 50-5 60 30H780q0-25 20-35z"/>
    </g>
    <path d="M-20 720 150 520l90 100 110-170 170 240z" fill="#3a2f66"/>
    <path d="m350 450-46 72 40 34 30-26 38 40z" fill="#f5e6ef"/>
    <rect y="680" width="1200" height="520" fill="url(#sea)"/>
    <g stroke="#fff2c8" stroke-width="12" stroke-linecap="round" opacity=".85">
      <path d="M660 716h200M690 752h140M640 790h90M770 790h110M700 828h90"/>
    </g>
    <path d="M560 300v430H330q40-290 230-430z" fill="url(#sail)"/>
    <path d="M590 360q200 150 190 370H590z" fill="#ef5d60"/>
    <path d="M563 280h24v500h-24z" fill="#5b3324"/>
    <path d="M300 770h560q-40 130-140 130H430q-90 0-130-130z" fill="#7b3f2a"/>
    <path d="M300 770h560l-12 34H312z" fill="#a85b3b"/>
    <path d="M100 930q60-50 120 0t120 0 120 0 120 0 120 0 120 0 120 0 120 0v300H100z" fill="#0f3157" opacity=".8"/>
  </g>
</svg>`;
