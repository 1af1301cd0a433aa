/** The style of a page. Colours are Okabe and Ito's, which colour-blind readers can tell apart; dark has the lighter ones. */

const light = `
  --paper: #faf8f3; --card: #ffffff; --ink: #23271f; --muted: #5d6356; --line: #dedbd0; --band: rgb(126 112 72 / .1);
  --training: #b35900; --validation: #0072b2; --cut: #c04a00; --repaired: #00785a; --count: #23271f;
  --wood: #7a5638; --wood-light: #94704f; --pale: #d9d2c3; --grown: #00916a; --wire: #ebe7dc; --leaf: #7d9a68;
  --series-1: #0072b2; --series-2: #d55e00; --series-3: #009e73; --series-4: #b0578a; --series-5: #a87400; --series-6: #3182bd;`

const dark = `
  --paper: #171a15; --card: #1f231c; --ink: #eceadf; --muted: #a5a998; --line: #3a3f34; --band: rgb(214 220 180 / .07);
  --training: #f0b04a; --validation: #66bdf0; --cut: #ff9152; --repaired: #3fd0a4; --count: #eceadf;
  --wood: #c39a72; --wood-light: #a9835f; --pale: #4b4a3f; --grown: #3fd0a4; --wire: #2a2e26; --leaf: #8fb077;
  --series-1: #66bdf0; --series-2: #ff9152; --series-3: #3fd0a4; --series-4: #e39ac4; --series-5: #f0c04a; --series-6: #9fd0f5;`

/** The colours as variables, light or dark as the reader has it. */
export const palette = `:root {${light}
  color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root {${dark} } }`

export const style = `
${palette}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 74rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1, h2 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "DejaVu Serif", serif; font-weight: 600;
  line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.9rem, 5vw, 2.9rem); margin: .3rem 0 .2rem; }
h2 { font-size: 1.5rem; margin: 3rem 0 .8rem; padding-top: 1rem; border-top: 1px solid var(--line); }
header { margin-bottom: 1.6rem; }
header p { margin: 0; color: var(--muted); max-width: 46rem; overflow-wrap: anywhere; }
p { max-width: 46rem; }
.note, .missing, caption, figcaption { color: var(--muted); font-size: .9rem; }
.missing { border-left: 3px solid var(--line); padding-left: .8rem; }
.headline { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem;
  padding: 0; margin: 1.6rem 0 0; }
.headline li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.headline strong { display: block; font-size: 1.55rem; font-weight: 600; font-variant-numeric: tabular-nums;
  letter-spacing: -0.02em; white-space: nowrap; }
.headline span { color: var(--muted); font-size: .85rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem; }
figure { margin: 1rem 0 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: 1rem 1rem .8rem; min-width: 0; }
figcaption { color: var(--ink); font-weight: 600; margin-bottom: .3rem; }
figure .note { margin: .4rem 0 0; }
svg { display: block; max-width: 100%; }
svg.chart, svg.espalier { width: 100%; height: auto; }
svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.narrow { display: none !important; }
@media (max-width: 40rem) { .wide { display: none !important; } .narrow { display: block !important; } }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: 0 0 .5rem;
  font-size: .85rem; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend svg { flex: none; }
.scroll { overflow-x: auto; } .scroll + .scroll { margin-top: 2rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; width: 100%; }
caption { text-align: left; padding-bottom: .5rem; max-width: calc(100vw - 2rem); }
th, td { padding: .35rem .45rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
.text { text-align: left; }
thead th { color: var(--muted); font-weight: 500; vertical-align: bottom; }
tbody th { font-weight: 500; }
thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
thead button::after { content: " \\2195"; opacity: .45; }
[aria-sort=ascending] button::after { content: " \\2191"; opacity: 1; }
[aria-sort=descending] button::after { content: " \\2193"; opacity: 1; }
dl { display: grid; gap: .45rem; margin: 0; }
dl div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .8rem; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.bar { display: block; position: relative; min-width: 6rem; height: .8rem; border-radius: .4rem; overflow: hidden;
  border: 1px dashed var(--muted); background: var(--pale); }
.bar i { display: block; height: 100%; background: var(--wood); }
.bar.grown { border: 1px solid var(--grown); } .bar.grown i { background: var(--grown); }
.matrix { width: auto; } .matrix th, .matrix td { padding: 0; text-align: center; border: 0; }
.matrix td { width: 2.3rem; height: 2.1rem; border: 1px solid var(--card); background: var(--band); position: relative; }
.matrix thead td { background: none; border: 0; }
.matrix tbody th { padding-right: .6rem; text-align: right; } .matrix thead th { padding: 0 .2rem .3rem; }
.matrix td.hit { background: color-mix(in srgb, var(--repaired) calc(var(--share) * 55% + 8%), var(--card)); }
.matrix td.miss { background: color-mix(in srgb, var(--cut) calc(var(--share) * 60% + 12%), var(--card)); font-weight: 600; }
.heat { width: auto; border-spacing: 2px; border-collapse: separate; } .heat td { text-align: center; padding: .28rem 0; border: 0; border-radius: .25rem; min-width: 2.2rem; font-size: .8rem;
  background: color-mix(in srgb, var(--validation) calc(var(--share) * 62%), var(--card)); }
.heat tbody th, .heat thead th { border: 0; font-size: .85rem; padding-right: .3rem; } .heat thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: .3rem .1rem; }
.heat thead th:first-child { writing-mode: initial; transform: none; }
@media (max-width: 40rem) { th, td { padding: .3rem .3rem; } table { font-size: .82rem; } .bar { min-width: 4.5rem; }
  dl div { grid-template-columns: 1fr; gap: 0; } .matrix thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: .2rem 0; }
  .matrix td { width: 1.75rem; height: 1.75rem; } .matrix tbody th { padding-right: .4rem; } }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 33rem), 1fr)); gap: 1rem; }
.panels figure { margin: 0; } .heat td.empty { background: none; } .heat td.best { font-weight: 700; outline: 2px solid var(--ink); outline-offset: -2px; }
.correlation { width: 100%; aspect-ratio: 1; max-width: 22rem; image-rendering: pixelated; border: 1px solid var(--line); background: var(--paper); }
.scale { display: flex; align-items: center; gap: .4rem; font-size: .8rem; color: var(--muted); margin-bottom: .4rem; }
.scale i { width: 6rem; height: .7rem; border: 1px solid var(--line); background: linear-gradient(to right, var(--paper), rgb(0 114 178)); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; font-size: .8rem; color: var(--muted); }
.thumbs { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr)); gap: .8rem; padding: 0; }
.thumbs li { font-size: .82rem; line-height: 1.35; overflow-wrap: anywhere; }
.thumbs img { width: 100%; height: auto; image-rendering: pixelated; border-radius: .3rem; background: var(--band); display: block; margin-bottom: .3rem; }
details > summary { cursor: pointer; color: var(--muted); margin: .8rem 0; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .85rem; }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
`
