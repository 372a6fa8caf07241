// Builds elements. Text always becomes a text node, so nothing a server sends can turn into markup.

/**
 * Create an element.
 * @param {string} tag
 * @param {Object<string, any>} [props] Attributes; `on...` functions become listeners, `class` and `text` work as
 *   expected, false, null and undefined are left out.
 * @param {...(Node|string|null)} children
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id; a missing one is a fault of the template. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element "${id}"`);
  return element;
}

/** Fill a select with [value, text] pairs. */
export function fillSelect(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => h("option", { value, text })));
}

/** A URL that may be opened: absolute, http or https; otherwise null. */
export function safeUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that opens beside the page, or plain text where the address cannot be trusted. */
export function outsideLink(text, address) {
  const href = safeUrl(address);
  if (!href) return document.createTextNode(text);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", text });
}
