// The page of dashboards/report.sql in a browser, for each dashboard of fixtures.sql and for the
// demo's: it is whole, loads nothing, fits and can be read on narrow and wide screens and on paper, light
// and dark, shows hostile values as text, and its figures are those of the documents.
//
//   node report_test.mjs DIR      DIR has the pages, and expected numbers, that run.sh has made
//
// With SCREENSHOTS=DIR, screenshots of the upper part of the demo's page are left there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const dir = process.argv[2];
const layout = readFileSync(new URL('layout.js', import.meta.url), 'utf8');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let passed = 0;
let failed = 0;
const check = (ok, what) => {
  if (ok) passed++;
  else {
    failed++;
    if (failed <= 40) console.log(`NOT ok ${what}`);
  }
};
const same = (got, wanted, what) => {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  check(a === b, a === b ? what : `${what}\n    page ${a}\n    SQL  ${b}`);
};
const close = (got, wanted, by, what) => check(Math.abs(got - wanted) <= by, `${what}: ${got}, should be ${wanted}`);

// Open a page, and see that it says nothing and asks for nothing.
async function open(file, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const url = `file://${file}`;
  page.on('console', (m) => check(false, `${file}: the console says ${m.text()}`));
  page.on('pageerror', (e) => check(false, `${file}: ${e}`));
  page.on('dialog', (d) => { check(false, `${file}: a dialog`); d.dismiss(); });
  page.on('request', (r) => check(r.url() === url, `${file} asks for ${r.url()}`));
  await page.goto(url);
  return page;
}

// The window's sizes; on paper, A4 less the margins is 180 mm wide.
const SIZES = [['screen', 360, 800], ['screen', 1280, 900], ['print', 680, 1009]];

async function looks(page, name) {
  for (const [media, width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const open of [false, true]) {
      await page.evaluate((o) => document.querySelectorAll('details').forEach((d) => { d.open = o; }), open);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ media, colorScheme });
        const wrong = await page.evaluate(`${layout}; layout()`);
        check(wrong.length === 0, `${name}, ${media}, ${width} px, ${colorScheme}${open ? ', with all numbers' : ''}:\n    ${wrong.slice(0, 8).join('\n    ')}`);
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        same(background === 'rgb(255, 255, 255)', media === 'print' || colorScheme === 'light', `${name}: the page is white on paper, and in the light`);
      }
    }
  }
  // still as printed
  const cut = await page.evaluate(() => [...document.querySelectorAll('figure, tr, .task')].filter((e) => getComputedStyle(e).breakInside !== 'avoid' ||
    (!e.querySelector('table') && e.getBoundingClientRect().height > 1009)).length);
  same(cut, 0, `${name}: figures that a page of paper could cut`);
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  check(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/.test(pdf.toString('latin1')), `${name}: the paper is not A4`);
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
}

// The accessible name of every figure, as a screen reader gets it, and a policy that forbids scripts
async function isAccessible(page, name) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const figures = nodes.filter((n) => !n.ignored && ['img', 'image', 'SvgRoot'].includes(n.role?.value));
  check(figures.every((n) => n.name?.value), `${name}: a figure has no accessible name`);
  same(figures.length, await page.locator('svg[role=img]').count(), `${name}: figures that a screen reader finds`);
  page.removeAllListeners('console');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
  }).catch(() => {});
  same(await page.evaluate(() => window.ran === undefined), true, `${name}: its policy forbids scripts`);
}

// The tables of a page by section, the bars and points of its figures in units of their axes
const read = (page) => page.evaluate(() => {
  const text = (e) => { const c = e.cloneNode(true); c.querySelectorAll('small, svg').forEach((x) => x.remove()); return c.textContent.replaceAll('\u00a0', ' ').trim(); };
  const section = (e) => [...document.querySelectorAll('h2')].filter((h) => h.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1)?.textContent;
  const tables = [...document.querySelectorAll('table')].map((t) => ({
    section: section(t), rows: [...t.tBodies[0].rows].map((r) => [...r.cells].map(text)),
    stacks: [...t.tBodies[0].rows].map((r) => [...r.querySelectorAll('.stack i')].map((i) => [i.className, 100 * i.getBoundingClientRect().width / i.parentElement.getBoundingClientRect().width])) }));
  const figures = [...document.querySelectorAll('svg.plot')].map((svg) => {
    const ticks = [...svg.querySelectorAll(':scope > .y')].map((t) => [Number(t.getAttribute('y')) - 4, t.textContent]);
    const number = (s) => parseFloat(s.replaceAll(',', '')) * (s.endsWith('k') ? 1e3 : s.endsWith('M') ? 1e6 : 1);
    const [foot, top] = [ticks.find((t) => t[0] === 200), ticks.find((t) => t[0] === 0)];
    const unit = (number(top[1]) - number(foot[1])) / 200;
    const bars = (c) => [...svg.querySelectorAll(`:scope > rect${c}`)].map((r) => r.getBoundingClientRect()).filter((b) => b.height > 0).map((b) => ({ x: Math.round(b.x * 10), value: b.height * unit }));
    const points = (c) => svg.querySelector(`polyline${c}`)?.getAttribute('points').split(' ').filter(Boolean).map((p) => p.split(',').map(Number)).map(([x, y]) => [x / 1000, (200 - y) * unit]) ?? [];
    return { section: section(svg), top: number(top[1]), all: bars('.all'), accepted: bars('.accepted'), checked: bars('.checked'), review: bars('.review'), hatched: bars('[fill]'),
      score: bars('.score'), engine: bars('.engine'), lineAccepted: points('.accepted'), lineRight: points('.right'), lineReview: points('.review') };
  });
  return { tables, figures, tiles: [...document.querySelectorAll('header ~ main > dl:first-child dd')].map(text), text: document.body.innerText.replaceAll('\u00a0', ' ') };
});
const value = (cell) => Number(cell.replaceAll(',', '').replace(' %', ''));

const PLACES = {
  periods: ['What came in', 0], types: ['What came in', 1], cells: ['What came in', 2], outcomes: ['What was accepted', 0],
  'for review': ['What clerks must look at, and why', 0], reasons: ['What clerks must look at, and why', 1],
  'by score': ['Is the score right?', 0], thresholds: ['Which scores need no check?', 0],
  'by confidence': ['Before and after the model', 0], 'before and after': ['Before and after the model', 1],
  figures: ['The four figures', 0], drift: ['Has what comes in changed?', 0],
};

function numbers({ tables, figures, tiles, text }, name, expected) {
  const wanted = (place) => expected.filter((e) => e.place === place).map((e) => e.cells.map((c) => (typeof c === 'string' ? c.trim() : c)));
  const table = (place) => tables.filter((t) => t.section === PLACES[place][0])[PLACES[place][1]];
  const figure = (place, n = 0) => figures.filter((f) => f.section === PLACES[place][0])[n];
  const someChecked = wanted('curve').length > 0;
  const shown = Object.keys(PLACES).filter((p) => someChecked || !['by score', 'thresholds', 'by confidence', 'before and after'].includes(p))
    .filter((p) => wanted(p).length > 1 || p !== 'drift').filter((p) => wanted('for review').length > 0 || !['for review', 'reasons'].includes(p));

  same(tiles, wanted('totals')[0], `${name}: the totals`);
  if (someChecked) check(text.includes(`Of ${wanted('audit')[0][0]} values that would have been accepted and were checked all the same, ${wanted('audit')[0][1]} were wrong`), `${name}: the audit`);
  for (const place of shown) {
    let rows = table(place)?.rows ?? [];
    if (place === 'periods') rows = rows.filter((r) => r[1] !== '0');
    same(rows.length, wanted(place).length, `${name}: rows of "${place}"`);
    wanted(place).forEach((cells, i) => same(rows[i], cells, `${name}: "${place}", row ${i + 1}`));
  }

  // bars over time
  const periods = wanted('periods');
  const came = figure('periods');
  same(came.all.length, periods.length, `${name}: bars of what came in`);
  periods.forEach((p, i) => close(came.all[i]?.value, value(p[1]), came.top / 1000, `${name}: bar of ${p[0]}`));
  const outcome = figure('outcomes');
  for (const [kind, cell] of [['accepted', 2], ['checked', 3], ['hatched', 4]]) {
    const some = periods.filter((p) => value(p[cell]) > 0);
    same(outcome[kind].length, some.length, `${name}: bars of ${kind}`);
    some.forEach((p, i) => close(outcome[kind][i]?.value, 100 * value(p[cell]) / value(p[1]), 0.1, `${name}: ${kind}, ${p[0]}`));
  }
  const waiting = periods.map((p, i) => [i, value(p[4])]).filter((p) => p[1] > 0);
  if (waiting.length > 0) {
    const review = figure('for review');
    same(review.review.map((b) => b.x), waiting.map(([i]) => came.all[i].x), `${name}: places of the bars for review`);
    waiting.forEach(([i, n], j) => close(review.review[j].value, n, review.top / 1000, `${name}: for review, ${periods[i][0]}`));
  }
  // bars in tables
  wanted('outcomes').forEach((cells, i) => table('outcomes').stacks[i].forEach(([, width], k) => close(width, value(cells[2 + k]), 0.6, `${name}: stack of ${cells[0]}`)));
  for (const place of ['for review', 'reasons'].filter((p) => shown.includes(p))) {
    const most = Math.max(...wanted(place).map((c) => value(c[2])));
    wanted(place).forEach((cells, i) => close(table(place).stacks[i][0][1], 100 * value(cells[2]) / most, 0.6, `${name}: bar of ${cells[0]}`));
  }
  // reliability, threshold, four figures
  if (someChecked) {
    for (const [place, kind, n] of [['by score', 'score', 0], ['by confidence', 'engine', 0], ['before and after', 'score', 1]]) {
      const bins = wanted(place === 'before and after' ? 'by score' : place).filter((c) => value(c[3]) > 0);
      const bars = figure(place, n)[kind];
      same(bars.length, bins.length, `${name}: bars of "${place}"`);
      bins.forEach((c, i) => close(bars[i]?.value, value(c[3]), 0.1, `${name}: "${place}", ${c[0]}`));
    }
    const curve = wanted('curve');
    for (const [line, cell] of [['lineAccepted', 1], ['lineRight', 2]]) {
      const points = figure('thresholds')[line];
      same(points.length, curve.length, `${name}: points of ${line}`);
      curve.forEach((c, i) => { close(points[i]?.[0], c[0], 0.0006, `${name}: ${line}, threshold`); close(points[i]?.[1], c[cell], 0.05, `${name}: ${line} at ${c[0]}`); });
    }
  }
  const rates = figure('figures');
  wanted('figures').forEach((c, i) => close(rates.lineReview[i]?.[1], value(c[3]), 0.06, `${name}: fallback rate, ${c[0]}`));
  wanted('figures').filter((c) => c[2] !== '–').forEach((c, i) => close(rates.lineRight[i]?.[1], value(c[2]), 0.06, `${name}: accuracy, ${c[0]}`));
}

// what must be said, in words, of a page's peculiarities
const SAYS = JSON.parse(readFileSync(new URL('says.json', import.meta.url), 'utf8'));

const files = readdirSync(dir).sort();
for (const name of files.filter((f) => f.endsWith('.html')).map((f) => f.slice(0, -5))) {
  const page = await open(join(dir, `${name}.html`));
  const shown = await read(page);
  for (const words of SAYS[name] ?? []) check(shown.text.includes(words), `${name} does not say: ${words}`);
  same(await page.locator('img, script, iframe, link, b, table i:not([class])').count(), 0, `${name}: elements that come from values`);
  const expected = files.includes(`${name}.json`) && readFileSync(join(dir, `${name}.json`), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  check(expected || SAYS[name], `${name}: nothing is expected of it`);
  if (expected) numbers(shown, name, expected);
  await looks(page, name);
  await isAccessible(page, name);
  check(!(await page.title()).includes('hacked'), `${name}: a script has run`);
  await page.context().close();
}

if (process.env.SCREENSHOTS) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(join(dir, 'demo.html'), { viewport: { width: 1280, height: 1340 }, colorScheme });
    await page.screenshot({ path: join(process.env.SCREENSHOTS, `report-${colorScheme}.png`) });
    await page.context().close();
  }
}
await browser.close();
if (failed > 40) console.log(`... and ${failed - 40} more`);
console.log(`browser: ${passed} checks of pages passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
