// Reads the sandbox's FHIR endpoint and says what its resources mean in words.

const BASE = "/fhir";
const ACCEPT = { Accept: "application/fhir+json" };

/** A read; null if there is no such resource. */
export async function read(path) {
  const response = await fetch(`${BASE}/${path}`, { headers: ACCEPT });
  if (response.status === 404) return null;
  return answer(response);
}

/** A search by POST, so that long code lists fit. Returns the searchset. */
export async function search(query) {
  const [kind, parameters = ""] = query.split("?");
  const response = await fetch(`${BASE}/${kind}/_search`, {
    method: "POST",
    headers: { ...ACCEPT, "Content-Type": "application/x-www-form-urlencoded" },
    body: parameters,
  });
  return answer(response);
}

/** The resources of a search. */
export async function find(query) {
  return ((await search(query)).entry ?? []).map((entry) => entry.resource);
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Error(`FHIR endpoint, HTTP ${response.status}: ${outcomeTexts(body).join(" ")}`);
  return body;
}

/** The sentences of an OperationOutcome; empty for anything else. */
export function outcomeTexts(body) {
  if (body?.resourceType !== "OperationOutcome") return [];
  return (body.issue ?? []).map((issue) => issue.details?.text ?? issue.diagnostics ?? issue.code ?? "unknown problem");
}

/** A CodeableConcept in words. */
export function conceptText(concept) {
  const coding = concept?.coding ?? [];
  return concept?.text ?? coding.find((one) => one.display)?.display ?? coding[0]?.code ?? "";
}

/** Do two CodeableConcepts share a code, or, without codes, a text? */
export function sameConcept(one, other) {
  const codes = (concept) => (concept?.coding ?? []).map((coding) => `${coding.system}|${coding.code}`);
  const known = new Set(codes(one));
  return codes(other).some((code) => known.has(code)) || (!known.size && conceptText(one) === conceptText(other));
}

/** The drug of a MedicationRequest in words; "" if none is chosen yet. */
export function drugText(order) {
  const inside = (order.contained ?? []).find((one) => `#${one.id}` === order.medicationReference?.reference);
  return conceptText(order.medicationCodeableConcept ?? inside?.code) || (order.medicationReference?.display ?? "");
}

/** The value of an Observation in words. */
export function valueText(observation) {
  const quantity = observation.valueQuantity;
  if (quantity) return `${quantity.value} ${quantity.unit ?? ""}`.trim();
  return observation.valueString ?? conceptText(observation.valueCodeableConcept);
}

/** Completed years on a day. @param {string} born A FHIR date. */
export function ageInYears(born, today = new Date()) {
  const [year, month = 1, day = 1] = born.split("-").map(Number);
  const before = today.getMonth() + 1 < month || (today.getMonth() + 1 === month && today.getDate() < day);
  return today.getFullYear() - year - (before ? 1 : 0);
}
