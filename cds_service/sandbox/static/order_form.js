// The form of one draft order: shows an order, and says what the order is after an edit.
import { byId, fillSelect } from "./dom.js";
import { dosageOfFields, fieldsOfDosage, fieldsOfText, routeOfName } from "./dosing.js";
import { DrugBox } from "./drug_box.js";
import { conceptText, drugText, sameConcept } from "./fhir.js";
import { RXNORM } from "./orders.js";

const DOSING_FIELDS = ["amount", "unit", "frequency", "route"];

export class OrderForm {
  /**
   * @param {object} choices The closed lists of dosing.js.
   * @param {(order: object) => void} onEdit Called with the whole order after each edit.
   */
  constructor(choices, onEdit) {
    Object.assign(this, { choices, onEdit, order: null, reasons: [] });
    const texts = (list) => [["", "Not given"], ...list.map(({ text }) => [text, text])];
    fillSelect(byId("unit"), texts(choices.units).slice(1));
    fillSelect(byId("frequency"), texts(choices.frequencies));
    fillSelect(byId("route"), texts(choices.routes));
    this.drugBox = new DrugBox(byId("drug"), byId("drug-list"), (drug) => this.drugChosen(drug));
    for (const id of DOSING_FIELDS) byId(id).addEventListener("input", () => this.dosingEdited());
    byId("reason").addEventListener("input", () => this.edited(this.withReason()));
    byId("order").addEventListener("submit", (event) => event.preventDefault());
  }

  /** The reasons to choose from. @param {object[]} concepts CodeableConcepts of the patient's problems. */
  setReasons(concepts) {
    this.reasons = concepts;
    fillSelect(byId("reason"), [["", "None given"], ...concepts.map((concept, index) => [String(index), conceptText(concept)])]);
  }

  /** Show an order. Dosing that the fields cannot say stays in the order and is shown as a sentence. */
  show(order) {
    this.order = order;
    this.drugBox.show(drugText(order));
    const dosage = order.dosageInstruction?.[0];
    const fields = dosage ? fieldsOfDosage(dosage, this.choices) : { amount: "", unit: "", frequency: "", route: "", complete: true };
    for (const id of DOSING_FIELDS) byId(id).value = fields[id] || (id === "unit" ? this.choices.units[0].text : "");
    this.note(fields.complete ? "" : dosage.text ?? "The dosing of this order does not fit the fields.");
    this.showReason(order.reasonCode?.[0]);
  }

  showReason(concept) {
    const known = concept ? this.reasons.findIndex((own) => sameConcept(own, concept)) : -1;
    if (concept && known < 0) {
      this.setReasons([...this.reasons, concept]);
      byId("reason").value = String(this.reasons.length - 1);
    } else byId("reason").value = known < 0 ? "" : String(known);
  }

  note(text) {
    byId("dosing-note").hidden = !text;
    byId("dosing-note").textContent = text ? `Dosing as written: ${text}` : "";
  }

  edited(order) {
    this.order = order;
    this.onEdit(order);
  }

  /** Another drug takes no dose over from the one before, and is no renewal of it. */
  drugChosen(drug) {
    const { medicationCodeableConcept, medicationReference, contained, dosageInstruction, priorPrescription, ...rest } = this.order;
    const hadDrug = Boolean(medicationCodeableConcept || medicationReference);
    if (!drug) {
      if (hadDrug) this.edited(rest);
      return;
    }
    const concept = { coding: [{ system: RXNORM, code: drug.rxcui, display: drug.name }], text: drug.name };
    const dosage = dosageOfFields({ amount: "", unit: "", frequency: "", route: routeOfName(drug.name) }, this.choices);
    this.edited({ ...rest, medicationCodeableConcept: concept, ...(dosage ? { dosageInstruction: [dosage] } : {}) });
    this.show(this.order);
  }

  dosingEdited() {
    const { dosageInstruction, ...rest } = this.order;
    const fields = Object.fromEntries(DOSING_FIELDS.map((id) => [id, byId(id).value]));
    const dosage = dosageOfFields(fields, this.choices);
    this.note("");
    this.edited(dosage ? { ...rest, dosageInstruction: [dosage] } : rest);
  }

  withReason() {
    const { reasonCode, ...rest } = this.order;
    const concept = this.reasons[Number(byId("reason").value || -1)];
    return concept ? { ...rest, reasonCode: [concept] } : rest;
  }

  /** The order of a ready example, on top of an empty one. */
  exampleOrder(empty, example) {
    const fields = { ...fieldsOfText(example.dose, this.choices), route: example.route };
    return {
      ...empty,
      medicationCodeableConcept: { coding: [{ system: RXNORM, code: example.rxcui, display: example.text }], text: example.text },
      dosageInstruction: [dosageOfFields(fields, this.choices)],
      reasonCode: [example.reason],
      ...(example.renews ? { priorPrescription: { reference: example.renews } } : {}),
    };
  }
}
