// The drug field: a combobox with a list of drugs found, for keyboard, mouse and screen reader.
import { h } from "./dom.js";

const PAUSE_MS = 150;

export class DrugBox {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(drug: {rxcui: string, name: string}|null) => void} onChoose null while the text is no chosen drug.
   */
  constructor(input, list, onChoose) {
    Object.assign(this, { input, list, onChoose, drugs: [], active: -1, timer: 0, asked: 0 });
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // The press must not take the focus away before the click arrives.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** Show a drug that was chosen elsewhere. */
  show(text) {
    this.input.value = text;
    this.close();
  }

  typed() {
    this.onChoose(null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    const words = this.input.value.trim();
    const number = (this.asked += 1);
    const response = await fetch(`/sandbox/drugs?q=${encodeURIComponent(words)}`);
    const drugs = response.ok ? await response.json() : [];
    if (number === this.asked && document.activeElement === this.input) this.open(drugs);
  }

  open(drugs) {
    this.drugs = drugs;
    const options = drugs.map((drug, index) =>
      h("li", { id: `drug-${index}`, role: "option", "aria-selected": "false", text: drug.name, onclick: () => this.choose(index) }),
    );
    const nothing = h("li", { class: "hint", role: "option", "aria-disabled": "true", "aria-selected": "false", text: "No drug found" });
    this.list.replaceChildren(...(options.length ? options : [nothing]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(-1);
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((option, position) => {
      option.setAttribute("aria-selected", String(position === index));
      if (position === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `drug-${index}`);
  }

  choose(index) {
    const drug = this.drugs[index];
    this.show(drug.name);
    this.onChoose(drug);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this.ask();
      else if (this.drugs.length) this.mark((this.active + step + this.drugs.length) % this.drugs.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.list.hidden && this.drugs.length) this.choose(Math.max(this.active, 0));
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
  }
}
