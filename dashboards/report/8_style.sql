-- The style of the page: light and dark, narrow and wide, on paper. Change it as you like.
SELECT $css$
:root { color-scheme: light dark; --page: #fff; --ink: #1f2328; --soft: #57606a; --rule: #d0d7de; --tint: #f3f5f7;
  --all: #57606a; --accepted: #0072b2; --checked: #7cc4f0; --review: #d97706; --stripe: #fff; --right: #00735c; --engine: #8b5fa8; --band: #cfe3f1; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #11161c; --ink: #e6e9ed; --soft: #a3adb8; --rule: #343c46; --tint: #1a2129;
  --all: #8b95a1; --accepted: #4aa3df; --checked: #1d5f8f; --review: #e69f3c; --stripe: #11161c; --right: #2bb894; --engine: #b58fd0; --band: #1d3a50; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .5rem; padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: .5rem 0; max-width: 44rem; }
.note, .period, footer, figcaption + .note { color: var(--soft); font-size: .875rem; }
.missing { background: var(--tint); padding: .75rem 1rem; }
small { display: block; color: var(--soft); font-size: .8125rem; font-weight: normal; line-height: 1.35; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: .75rem; }
figure { margin: 1rem 0; }
figcaption { font-weight: 600; font-size: .9375rem; margin-bottom: .25rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 1.25rem 0; }
.tiles div { border-top: 1px solid var(--rule); padding-top: .5rem; }
dt { font-size: .875rem; color: var(--soft); }
dd { margin: 0; font-size: 1.375rem; line-height: 1.25; font-weight: 600; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem 0 .3rem .6rem; border-bottom: 1px solid var(--rule); vertical-align: middle; overflow-wrap: normal; }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; overflow-wrap: anywhere; }
td.name, th.name { text-align: left; overflow-wrap: anywhere; }
th.key:first-child, details tbody th:first-child { overflow-wrap: normal; }
thead th, thead th:first-child { font-weight: 500; color: var(--soft); vertical-align: bottom; font-size: .8125rem; line-height: 1.25; hyphens: manual; }
th[scope=colgroup] { text-align: center; }
td.spark, th.spark, .bar { width: 34%; text-align: left; }
svg { display: block; }
svg.plot { width: 100%; height: 244px; padding: 20px 16px 24px 48px; overflow: visible; }
svg.lines { overflow: visible; }
svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .x { text-anchor: middle; } svg .y { text-anchor: end; }
svg .count { text-anchor: middle; font-size: 11px; fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.w { display: none; }
@media (min-width: 44rem), print { .w { display: inline; } }
.grid, .foot { stroke: var(--rule); } .ideal { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 6 5; }
polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; } polyline.low { stroke-dasharray: 3 4; }
rect.all { fill: var(--all); } rect.accepted { fill: var(--accepted); } rect.checked { fill: var(--checked); } rect.review { fill: var(--review); }
rect.stripe { fill: var(--stripe); } rect.score { fill: var(--accepted); } rect.engine { fill: var(--engine); } .band { fill: var(--band); }
polyline.accepted { stroke: var(--accepted); } polyline.right, polyline.low { stroke: var(--right); } polyline.review { stroke: var(--review); stroke-dasharray: 7 4; }
circle.right { fill: var(--right); } circle.review { fill: var(--review); } circle.accepted { fill: var(--accepted); }
.legend { list-style: none; margin: .25rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; font-size: .875rem; }
i { display: inline-block; width: .8em; height: .8em; margin-right: .45em; }
i.line { width: 1.6em; height: 0; border-top: 3px solid; vertical-align: .25em; }
.stack { display: flex; height: .8rem; background: var(--tint); } .stack i { height: 100%; margin: 0; flex: none; }
i.accepted, i.score { background: var(--accepted); } i.checked { background: var(--checked); } i.engine { background: var(--engine); }
i.review { background: repeating-linear-gradient(135deg, var(--review) 0 4px, var(--stripe) 4px 5px); }
i.line.accepted { border-color: var(--accepted); } i.line.right { border-color: var(--right); } i.line.low { border-top: 3px dotted var(--right); } i.line.review { background: none; border-top: 3px dashed var(--review); }
details { margin: .25rem 0; overflow-x: auto; } summary { cursor: pointer; color: var(--soft); font-size: .875rem; width: max-content; max-width: 100%; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
.task { border-left: 4px solid var(--rule); padding: 0 0 .25rem .9rem; margin: 1.25rem 0; } .task.failed { border-color: var(--review); }
.task h3 { margin: 0; } .state { color: var(--soft); font-size: .875rem; margin: 0 0 .35rem; } .task .stack { max-width: 44rem; }
@media (min-width: 60rem) { dd { font-size: 1.625rem; } }
@media (max-width: 30rem) { th, td { padding-left: .35rem; } tbody th:first-child { min-width: 5.2rem; } tbody th.key:first-child, details tbody th:first-child { min-width: 0; } .key i { display: none; } td.spark, th.spark, .bar { width: 20%; } table { font-size: .8125rem; } thead th, thead th:first-child { font-size: .75rem; } }
@page { size: A4; margin: 15mm; }
@media print { body { padding: 0; max-width: none; font-size: 10pt; } h2 { margin-top: 2rem; } h2, h2 + p, h3, figcaption, thead { break-after: avoid; }
  figure, table, tr, .tiles, .task { break-inside: avoid; } details:not([open]) { display: none; } }
$css$ AS css \gset
