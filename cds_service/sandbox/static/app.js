// The order-entry page: holds the patient and the draft orders, and calls the hooks as an EHR would.
import { AdvicePanel } from "./advice.js";
import { chartLists, factsText, readChart } from "./chart.js";
import { byId, fillSelect, h } from "./dom.js";
import { loadChoices } from "./dosing.js";
import { drawDrafts } from "./drafts.js";
import { ExchangeLog } from "./exchange.js";
import { conceptText } from "./fhir.js";
import { baseContext, call, discover, launchApp, sendFeedback } from "./hooks.js";
import { OrderForm } from "./order_form.js";
import { applyActions, draftBundle, emptyOrder, isFilled, orderText, referenceTo } from "./orders.js";

const PAUSE_MS = 300;
const SILENCE = "No pharmacogenomic advice for this order.";

class OrderEntry {
  constructor(choices, patients, services) {
    Object.assign(this, { patients, services, patient: null, chart: null, orders: [], current: null, timer: 0 });
    this.running = new AbortController();
    this.log = new ExchangeLog(byId("exchange-body"));
    this.form = new OrderForm(choices, (order) => this.edited(order));
    this.advice = new AdvicePanel({
      accept: (entry, suggestion) => this.accept(entry, suggestion),
      override: (entry, answer) => this.override(entry, answer),
      launch: (link) => this.launch(link),
    });
    fillSelect(byId("patient"), patients.map((patient) => [patient.id, optionText(patient)]));
    byId("patient").addEventListener("change", () => this.choosePatient(byId("patient").value));
    byId("select-order").addEventListener("click", () => this.select());
    byId("sign").addEventListener("click", () => this.sign());
    byId("another").addEventListener("click", () => this.addOrder());
    byId("clear").addEventListener("click", () => this.setOrders([], "drug"));
  }

  // -- the patient

  async choosePatient(id) {
    this.stop();
    const wanted = this.patients.find((patient) => patient.id === id) ?? this.patients[0];
    byId("patient").value = wanted.id;
    history.replaceState(null, "", `?patient=${encodeURIComponent(wanted.id)}`);
    this.advice.clear();
    byId("story").textContent = "";
    byId("order-panel").inert = true; // what is on the form belongs to the patient before
    const load = (this.load = Symbol("load"));
    const chart = await readChart(wanted.id);
    if (load !== this.load) return;
    byId("order-panel").inert = false;
    this.patient = wanted;
    this.chart = chart;
    this.drawPatient();
    this.setOrders([]);
    if (this.servicesOf("patient-view").length) {
      await this.callHook("patient-view", {}, "Nothing to say on opening this chart.");
    } else this.advice.clear("Choose a drug, or one of the examples.");
  }

  drawPatient() {
    byId("story").textContent = this.patient.story;
    byId("facts").textContent = factsText(this.chart);
    byId("chart-body").replaceChildren(...chartLists(this.chart, (order) => this.renew(order)));
    this.form.setReasons(this.chart.conditions.map((condition) => condition.code));
    const examples = this.patient.try.map((example) => {
      const text = `${example.drug} ${example.dose} for ${conceptText(example.reason)}`;
      return h("li", {}, h("button", { type: "button", class: "example", text, onclick: () => this.tryExample(example) }));
    });
    byId("examples").replaceChildren(h("h3", { text: "Try" }), h("ul", {}, ...examples));
  }

  // -- the draft orders

  newOrder() {
    return emptyOrder(this.patient.id, this.chart.encounter);
  }

  /** Replace all drafts; the page always has one order to write on. `focus` is the id of the field to go to. */
  setOrders(orders, focus = "") {
    this.orders = orders.some((order) => order.resourceType === "MedicationRequest") ? orders : [...orders, this.newOrder()];
    byId("expectation").hidden = true;
    this.advice.changed();
    this.edit(this.orders.find((order) => order.resourceType === "MedicationRequest"));
    if (focus) byId(focus).focus();
  }

  /** Put an order into the form and ask about it. */
  edit(order) {
    this.current = order;
    this.form.show(order);
    this.draw();
    this.askSoon();
  }

  edited(order) {
    this.advice.changed();
    byId("expectation").hidden = true;
    this.orders = this.orders.map((old) => (old === this.current ? order : old));
    this.current = order;
    this.draw();
    this.askSoon();
  }

  draw() {
    drawDrafts(this.orders, this.current, {
      edit: (order) => this.edit(order),
      remove: (order) => this.setOrders(this.orders.filter((other) => other !== order), "drug"),
    });
  }

  addOrder() {
    const order = this.newOrder();
    this.orders = [...this.orders.filter(isFilled), order];
    this.edit(order);
    byId("drug").focus();
  }

  renew(prior) {
    const { medicationCodeableConcept, dosageInstruction } = prior;
    const order = { ...this.newOrder(), medicationCodeableConcept, dosageInstruction };
    this.setOrders([{ ...order, priorPrescription: { reference: referenceTo(prior) } }], "drug");
  }

  tryExample(example) {
    this.setOrders([this.form.exampleOrder(this.newOrder(), example)]);
    byId("expectation").textContent = `Expected: ${example.expect}`;
    byId("expectation").hidden = false;
  }

  // -- the hooks

  /** Forget the call that is on its way: its answer is about an order that is no longer there. */
  stop() {
    clearTimeout(this.timer);
    this.running.abort();
    this.running = new AbortController();
    this.advice.busy(false);
  }

  askSoon() {
    this.stop();
    if (!isFilled(this.current)) {
      this.advice.clear();
      return;
    }
    this.advice.busy(true);
    this.timer = setTimeout(() => this.select(), PAUSE_MS);
  }

  async select() {
    if (!isFilled(this.current)) {
      this.advice.clear("Choose a drug first.");
      return;
    }
    const draftOrders = draftBundle(this.orders.filter(isFilled));
    await this.callHook("order-select", { selections: [referenceTo(this.current)], draftOrders }, SILENCE);
  }

  servicesOf(hook) {
    return this.services.filter((service) => service.hook === hook);
  }

  /** Call every service of a hook and show the answers. False if a newer call took over. */
  async callHook(hook, context, nothing) {
    this.stop();
    const { signal } = this.running;
    const services = this.servicesOf(hook);
    const full = { ...baseContext(this.patient.id, this.chart.encounter?.id), ...context };
    if (!services.length) {
      this.advice.fail(`No service listens to ${hook}.`);
      return false;
    }
    this.advice.busy(true);
    try {
      const exchanges = await Promise.all(services.map((service) => call(service, full, signal)));
      if (signal.aborted) return false;
      exchanges.forEach((exchange) => this.log.add(exchange));
      this.advice.show(exchanges, nothing);
      this.advice.busy(false);
      return exchanges.every((exchange) => !exchange.problem);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  async sign() {
    const orders = this.orders.filter(isFilled);
    if (!orders.length) {
      this.advice.clear("Choose a drug first.");
      return;
    }
    const answered = await this.callHook("order-sign", { draftOrders: draftBundle(orders) }, SILENCE);
    if (answered && !this.advice.waiting) this.signed();
    else if (answered) {
      const text = "Not signed yet. Answer the advice below, or sign the order as it is.";
      this.advice.notice(text, "Sign anyway", () => this.signed());
      this.advice.onDismiss = () => this.allAnswered();
    }
  }

  /** After the last answer at signing only the signature is left. */
  allAnswered() {
    const signing = byId("sign-notice").childElementCount > 0;
    if (signing && !this.advice.waiting) this.advice.notice("All advice is answered.", "Sign now", () => this.signed());
  }

  signed() {
    const text = this.orders.filter(isFilled).map(orderText).join("; ");
    this.orders = [this.newOrder()];
    [this.current] = this.orders;
    this.form.show(this.current);
    this.draw();
    this.advice.notice();
    this.advice.changed(`Signed: ${text}. In this sandbox the order goes nowhere.`, "Write another order", () => byId("drug").focus());
  }

  // -- answers to cards

  async accept(entry, suggestion) {
    const { orders, changed, words } = applyActions(this.orders, suggestion.actions ?? [], this.newOrder());
    this.report(entry, { outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] }, suggestion.uuid);
    if (!words.length) {
      this.advice.answered(entry, `Accepted: ${suggestion.label}`);
      return;
    }
    const drug = changed?.resourceType === "MedicationRequest";
    this.setOrders(orders);
    if (drug) this.edit(changed);
    const text = `Order changed as suggested. ${words.join(". ")}.`;
    this.advice.changed(text, drug ? "Go to the dose" : "", () => byId("amount").focus());
    this.select();
  }

  async override(entry, { reason, comment }) {
    const overrideReason = { ...(reason ? { reason } : {}), ...(comment ? { userComment: comment } : {}) };
    this.report(entry, { outcome: "overridden", overrideReason }, true);
    this.advice.answered(entry, `Overridden: ${[reason?.display, comment].filter(Boolean).join(". ")}`);
    this.allAnswered();
  }

  async launch(link) {
    const problem = await launchApp(link, this.patient.id);
    if (problem) this.advice.warn("The app could not be opened.", problem);
  }

  /** Feedback goes out beside the work; if it fails, the user is told and the order stays as it is. */
  async report({ card, service }, outcome, wanted) {
    if (!card.uuid || !wanted) return;
    const exchange = await sendFeedback(service, { card: card.uuid, ...outcome });
    this.log.add(exchange);
    if (exchange.problem) this.advice.warn("The service did not take the feedback.", exchange.problem);
  }
}

/** A name and what can be tried, so that a story can be found without opening every chart. */
function optionText(patient) {
  return `${patient.name}: ${patient.try.map((example) => example.drug).join(", ")}`;
}

async function start() {
  const [choices, patients, services] = await Promise.all([
    loadChoices(new URL("order_choices.json", import.meta.url)),
    fetch("/sandbox/patients").then((response) => response.json()),
    discover(),
  ]);
  const page = new OrderEntry(choices, patients, services);
  await page.choosePatient(new URLSearchParams(location.search).get("patient"));
}

function showFault(text) {
  byId("problems").replaceChildren(h("div", { class: "failure" }, h("h3", { text: "This page cannot go on" }), h("p", { text })));
}

addEventListener("unhandledrejection", (event) => showFault(event.reason?.message ?? "Unknown fault."));
start();
