// The part of GitHub-flavoured Markdown that card details use, turned into elements.
// No HTML passes: whatever is not Markdown ends as text.
import { h, outsideLink, safeUrl } from "./dom.js";

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const BULLET = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** Turn Markdown into a fragment. @param {string} text */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(String(text).replace(/\r\n?/g, "\n").split("\n")));
  return fragment;
}

/** Paragraphs, headings, lists, tables, quotes, code and rules of some lines. */
function blocks(lines) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    const reader = READERS.find((candidate) => candidate.starts(lines, at));
    if (!reader) {
      at += 1;
      continue;
    }
    const end = reader.end(lines, at);
    found.push(reader.build(lines.slice(at, end)));
    at = end;
  }
  return found;
}

const blank = (line) => line.trim() === "";
const while_ = (test) => (lines, at) => {
  let end = at + 1;
  while (end < lines.length && test(lines, end)) end += 1;
  return end;
};
const isRule = (line) => /^\s*([-*_])(\s*\1){2,}\s*$/.test(line);
const isTable = (lines, at) =>
  lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && DIVIDER.test(lines[at + 1]);

// Tried in this order; the last one takes any line that is not blank.
const READERS = [
  {
    starts: (lines, at) => /^\s*```/.test(lines[at]),
    end: (lines, at) => {
      const close = lines.findIndex((line, index) => index > at && /^\s*```\s*$/.test(line));
      return close < 0 ? lines.length : close + 1;
    },
    build: (part) => {
      const closed = part.length > 1 && /^\s*```\s*$/.test(part[part.length - 1]);
      return h("pre", {}, h("code", { text: part.slice(1, closed ? -1 : undefined).join("\n") }));
    },
  },
  {
    starts: (lines, at) => /^#{1,6}\s+/.test(lines[at]),
    end: (lines, at) => at + 1,
    build: ([line]) => h("h4", {}, ...inline(line.replace(/^#+\s+/, "").replace(/\s+#+\s*$/, ""))),
  },
  { starts: (lines, at) => isRule(lines[at]), end: (lines, at) => at + 1, build: () => h("hr") },
  {
    starts: isTable,
    end: while_((lines, at) => !blank(lines[at]) && lines[at].includes("|")),
    build: table,
  },
  {
    starts: (lines, at) => BULLET.test(lines[at]),
    end: while_((lines, at) => !blank(lines[at]) || (at + 1 < lines.length && /^\s{2,}\S/.test(lines[at + 1]))),
    build: list,
  },
  {
    starts: (lines, at) => /^\s*>/.test(lines[at]),
    end: while_((lines, at) => /^\s*>/.test(lines[at])),
    build: (part) => h("blockquote", {}, ...blocks(part.map((line) => line.replace(/^\s*> ?/, "")))),
  },
  {
    starts: (lines, at) => !blank(lines[at]),
    end: while_((lines, at) => !blank(lines[at]) && !READERS.slice(0, -1).some((other) => other.starts(lines, at))),
    build: (part) => h("p", {}, ...brokenLines(part)),
  },
];

function table(lines) {
  const cells = (line) =>
    line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, "|"));
  const [head, , ...rows] = lines.map(cells);
  const row = (tag, props) => (values) =>
    h("tr", {}, ...head.map((_, index) => h(tag, props, ...inline(values[index] ?? ""))));
  return h(
    "div",
    { class: "table-scroll" },
    h("table", {}, h("thead", {}, row("th", { scope: "col" })(head)), h("tbody", {}, ...rows.map(row("td", {})))),
  );
}

/** Items at the indent of the first line; deeper lines belong to the item above them. */
function list(lines) {
  const [, indent, number] = BULLET.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const bullet = BULLET.exec(line);
    if (bullet && bullet[1].length <= indent.length) items.push([bullet[3]]);
    else items[items.length - 1].push(line.replace(/^\s{1,4}/, ""));
  }
  const start = number && number !== "1" ? number : null;
  return h(number ? "ol" : "ul", { start }, ...items.map((item) => h("li", {}, ...tight(blocks(item)))));
}

/** A list item of one paragraph shows it without the paragraph around it. */
function tight(elements) {
  const [first, ...rest] = elements;
  return first?.tagName === "P" ? [...first.childNodes, ...rest] : elements;
}

/** The lines of a paragraph; two spaces or a backslash at the end of one break it. */
function brokenLines(lines) {
  return lines.flatMap((line, index) => {
    const last = index === lines.length - 1;
    const broken = !last && /( {2,}|\\)$/.test(line);
    const text = line.trim().replace(broken ? /\\$/ : /$^/, "");
    return [...inline(text), ...(last ? [] : [broken ? h("br") : " "])];
  });
}

/** Emphasis, code, links and escapes of one line. Returns nodes and strings. */
function inline(text) {
  const found = [];
  let plain = "";
  let at = 0;
  const push = (node, length) => {
    if (plain) found.push(plain);
    plain = "";
    found.push(node);
    at += length;
  };
  while (at < text.length) {
    const rest = text.slice(at);
    const code = /^(`+)(?!`)(.+?)(?<!`)\1(?!`)/.exec(rest);
    const link = /^\[((?:\\.|[^\]\\])*)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)/.exec(rest);
    const bare = /^<(https?:\/\/[^\s<>]+)>|^(https?:\/\/[^\s<>]*[^\s<>.,;:!?"')\]])/.exec(rest);
    const emphasis = "*_~".includes(text[at]) ? emphasised(text, at) : null;
    if (text[at] === "\\" && PUNCTUATION.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else if (code) push(h("code", { text: code[2].trim() }), code[0].length);
    else if (link) push(linkTo(link[1], link[2]), link[0].length);
    else if (bare && !/\w/.test(text[at - 1] ?? "")) push(outsideLink(bare[1] ?? bare[2], bare[1] ?? bare[2]), bare[0].length);
    else if (emphasis) push(emphasis.node, emphasis.length);
    else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) found.push(plain);
  return found;
}

/** The label may hold emphasis; an address that is not http(s) leaves only the label. */
function linkTo(label, address) {
  const href = safeUrl(address);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...inline(label)) : h("span", {}, ...inline(label));
}

/**
 * The emphasis that starts at a marker, or null. Follows the flanking rules of CommonMark, so that star alleles
 * such as *2/*17 stay what they are even where nobody escaped them; an end belongs to the nearest start. Inside a
 * word, as in HLA-B*57:01, no marker counts at all: there this is stricter than CommonMark.
 */
function emphasised(text, at) {
  const mark = text[at];
  const size = Math.min(runAt(text, at), 2);
  if ((mark === "~" && size < 2) || !opens(text, at, size, mark)) return null;
  let inside = 0;
  for (let end = at + size; end < text.length; end += 1) {
    if (text[end] === "\\") end += 1;
    else if (text[end] === mark) {
      const run = runAt(text, end);
      if (Math.min(run, 2) === size) {
        const last = end + run - size;
        if (closes(text, last, size, mark) && inside === 0) return build(text, at, last, size, mark);
        inside += closes(text, last, size, mark) ? -1 : opens(text, end, size, mark) ? 1 : 0;
      }
      end += run - 1;
    }
  }
  return null;
}

function build(text, at, end, size, mark) {
  const tag = mark === "~" ? "del" : size === 2 ? "strong" : "em";
  return { node: h(tag, {}, ...inline(text.slice(at + size, end))), length: end + size - at };
}

function runAt(text, at) {
  let run = 1;
  while (text[at + run] === text[at]) run += 1;
  return run;
}

const open = (character) => character === undefined || /\s/.test(character);
const punctuation = (character) => character !== undefined && PUNCTUATION.test(character);

function opens(text, at, size, mark) {
  const before = text[at - 1];
  const after = text[at + size];
  if (open(after) || (punctuation(after) && !open(before) && !punctuation(before))) return false;
  return mark === "~" || open(before) || punctuation(before);
}

function closes(text, at, size, mark) {
  const before = text[at - 1];
  const after = text[at + size];
  if (open(before) || (punctuation(before) && !open(after) && !punctuation(after))) return false;
  return mark === "~" || open(after) || punctuation(after);
}
