// What a person sees of a page, measured from its boxes; runs in the page. Returns what is wrong:
// texts that are cut off, overlap or are too pale, figures without a name, headings out of order.
function layout() {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: "${(node.textContent ?? '').trim().slice(0, 60)}"`);
  const name = (element) => element.tagName.toLowerCase() + (element.getAttribute('class') ? '.' + element.getAttribute('class') : '');
  const shapes = 'rect, circle, polygon';

  // The boxes of each visible text; SVG text is one box for each element.
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('title, desc, script, style') || !parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 0.5 && box.height > 0.5) texts.push({ node, parent, box });
    }
  }

  // cut off: by the page, by an ancestor that hides what does not fit, by the SVG it is in
  const inside = (box, outer) => box.left >= outer.left - 1 && box.right <= outer.right + 1 && box.top >= outer.top - 1 && box.bottom <= outer.bottom + 1;
  for (const { node, parent, box } of texts) {
    if (box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5) say('outside of the page', node);
    for (let a = parent; a && a !== document.body; a = a.parentElement) {
      if (!(a instanceof SVGElement) && getComputedStyle(a).overflowX !== 'visible' && !inside(box, a.getBoundingClientRect())) say(`cut off by ${name(a)}`, node);
    }
    const svg = parent.closest('svg');
    if (svg && !inside(box, svg.getBoundingClientRect())) say('outside of its figure', node);
  }

  // overlap: two texts that share more than a pixel each way
  texts.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < texts.length; i++) {
    const a = texts[i];
    for (let j = i + 1; j < texts.length && texts[j].box.top < a.box.bottom - 1; j++) {
      const b = texts[j];
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      // the content areas of two lines of one paragraph may touch: 3 px are no glyph
      if (width > 1 && height > (a.node === b.node ? 3 : 1.5)) say(`overlaps "${b.node.data.trim().slice(0, 40)}"`, a.node);
    }
  }

  // a number is on one line
  for (const { node, parent } of texts) {
    if (/^[\d.,\u00a0]+ ?%?$/.test(node.data.trim()) && parent.matches('td, dd') && texts.filter((t) => t.node === node).length > 1) say('broken', node);
  }

  // a short word is on one line; it may be divided at a soft hyphen
  for (const node of new Set(texts.map((t) => t.node))) {
    for (const { 0: word, index } of node.data.matchAll(/(?<!\u00ad)[\p{Script=Latin}\d.,]{2,10}(?![\p{Script=Latin}\d.,])/gu)) {
      if (index > 0 && /[\p{Script=Latin}\d.,]/u.test(node.data[index - 1])) continue;
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (new Set([...range.getClientRects()].filter((box) => box.width > 0.5).map((box) => Math.round(box.top))).size > 1) say(`"${word}" is broken`, node);
    }
  }

  // contrast, by WCAG 2; a text of a figure must not lie on a shape
  const parse = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (high + 0.05) / (low + 0.05);
  };
  const background = (element) => {
    for (let a = element; a; a = a.parentElement) {
      const colour = parse(getComputedStyle(a).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
      if (colour[3] > 0) wrong.push(`a background is half transparent: ${name(a)}`);
    }
    return [255, 255, 255];
  };
  for (const { node, parent, box } of texts) {
    const style = getComputedStyle(parent);
    const colour = parse(parent instanceof SVGElement ? style.fill : style.color);
    const contrast = ratio(colour, background(parent));
    if (!(contrast >= 4.5) || colour.length > 3) say(`contrast ${contrast.toFixed(2)}`, node);
    for (const shape of parent.closest('svg')?.querySelectorAll(shapes) ?? []) {
      const s = shape.getBoundingClientRect();
      if (shape.closest('defs') === null && Math.min(box.right, s.right) - Math.max(box.left, s.left) > 1 &&
          Math.min(box.bottom, s.bottom) - Math.max(box.top, s.top) > 3) say(`lies on ${name(shape)}`, node);
    }
  }
  // shapes must stand out from the page as well: 3 to 1; but for the grid, bands and tints
  for (const shape of document.querySelectorAll('svg :is(rect, circle), i')) {
    if (shape.closest('defs') || !shape.checkVisibility() || shape.matches('.line')) continue;
    const style = getComputedStyle(shape);
    const fill = shape instanceof SVGElement ? style.fill : style.backgroundColor;
    if (fill.startsWith('rgb') && parse(fill)[3] !== 0 && !(ratio(parse(fill), background(document.body)) >= (shape.matches('.checked') ? 1.5 : 3))) wrong.push(`too pale: ${name(shape)} ${fill}`);
  }

  // nothing of a figure is outside of it
  for (const shape of document.querySelectorAll(`svg[role] :is(${shapes}, polyline)`)) {
    if (shape.closest('defs') || !shape.checkVisibility()) continue;
    const box = shape.getBoundingClientRect();
    if (box.width * box.height > 0 && !inside(box, shape.closest('svg[role]').getBoundingClientRect())) wrong.push(`outside of its figure: ${name(shape)}`);
  }

  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) wrong.push(`the page is ${page.scrollWidth} wide, the window ${page.clientWidth}`);
  let level = 0;
  for (const h of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
    const own = Number(h.tagName[1]);
    if (own > level + 1) say(`h${own} after h${level}`, h);
    level = own;
  }
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (!page.lang || !document.title) wrong.push('no language or no title');
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id is not unique');
  for (const svg of document.querySelectorAll('svg:not(svg svg)')) {
    if (svg.getAttribute('role') !== 'img' || !svg.querySelector(':scope > title')?.textContent.trim()) wrong.push('a figure without a role or title');
    for (const id of (svg.getAttribute('aria-labelledby') ?? '').split(' ')) if (id && !ids.includes(id)) wrong.push(`no element ${id}`);
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.querySelector('thead th[scope=col]') || table.querySelector('tbody tr:not(:has(> th[scope=row]))')) wrong.push('a table without headings');
  }
  return [...new Set(wrong)];
}
