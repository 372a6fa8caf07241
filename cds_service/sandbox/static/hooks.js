// Speaks CDS Hooks: discovery, prefetch, calls and feedback. Knows nothing of the page.
import { safeUrl } from "./dom.js";
import { outcomeTexts, read, search } from "./fhir.js";

const FHIR_SERVER = `${location.origin}/fhir`;
const LONGEST_WAIT_MS = 10000;
const USER = "Practitioner/pgx-prescriber";
// The options of HL7's guide on drug interactions: what was answered at order-select is not asked again at order-sign.
const REPEATS = {
  "order-select": { "cache-for-order-sign-filtering": true },
  "order-sign": { "filter-out-repeated-alerts": true },
};

/** A random UUID, also on pages that the browser does not count as secure. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The services of the discovery document. */
export async function discover() {
  const exchange = await send("GET", "/cds-services");
  if (exchange.problem) throw new Error(exchange.problem);
  if (!Array.isArray(exchange.answer?.services)) throw new Error("/cds-services has no list of services.");
  return exchange.answer.services;
}

/** The context all hooks share. */
export function baseContext(patient, encounter) {
  return { userId: USER, patientId: patient, ...(encounter ? { encounterId: encounter } : {}) };
}

/**
 * Call one service.
 * @returns The exchange: `service`, `hook`, `path`, `request`, `status`, `answer`, `ms`, `prefetchMs`, `problem` (text or "").
 */
export async function call(service, context, signal) {
  const started = performance.now();
  const prefetch = await fillPrefetch(service.prefetch ?? {}, context);
  const prefetchMs = performance.now() - started;
  const request = { hook: service.hook, hookInstance: uuid(), fhirServer: FHIR_SERVER, context };
  if (Object.keys(prefetch).length) request.prefetch = prefetch;
  if (REPEATS[service.hook]) request.extension = { "pddi-configuration-items": REPEATS[service.hook] };
  const exchange = await send("POST", `/cds-services/${encodeURIComponent(service.id)}`, request, signal);
  if (!exchange.problem && !Array.isArray(exchange.answer?.cards)) exchange.problem = "The answer has no list of cards.";
  return { ...exchange, service: service.id, hook: service.hook, prefetchMs };
}

/** Launch a SMART app with a patient: ask the FHIR server for a launch, then open the app with it. "" or what went wrong. */
export async function launchApp(link, patient) {
  const tab = open("", "_blank"); // before anything is awaited, or the browser blocks it
  const parameters = { patient, ...(link.appContext ? { appContext: link.appContext } : {}) };
  const exchange = await send("POST", "/fhir/_services/smart/Launch", { launchUrl: link.url, parameters });
  const launch = exchange.answer?.launch_id;
  const address = safeUrl(link.url);
  if (!launch || !address || !tab) {
    tab?.close();
    return exchange.problem || "The browser did not open a window.";
  }
  const query = new URLSearchParams({ iss: FHIR_SERVER, launch });
  tab.opener = null;
  tab.location = `${address}${address.includes("?") ? "&" : "?"}${query}`;
  return "";
}

/** Tell a service what became of one of its cards. */
export async function sendFeedback(serviceId, entry) {
  const outcomeTimestamp = new Date().toISOString();
  const body = { feedback: [{ ...entry, outcomeTimestamp }] };
  const exchange = await send("POST", `/cds-services/${encodeURIComponent(serviceId)}/feedback`, body);
  return { ...exchange, service: serviceId, hook: "feedback" };
}

/** One HTTP exchange. A failure of any kind becomes its `problem`; an abort by the page is thrown on. */
async function send(method, path, request, signal) {
  const started = performance.now();
  const late = AbortSignal.timeout(LONGEST_WAIT_MS);
  const exchange = { method, path, request, status: 0, answer: null, ms: 0, problem: "" };
  try {
    const response = await fetch(path, {
      method,
      headers: { Accept: "application/json", ...(request ? { "Content-Type": "application/json" } : {}) },
      body: request ? JSON.stringify(request) : undefined,
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const text = await response.text();
    exchange.status = response.status;
    exchange.answer = parsed(text);
    if (!response.ok) exchange.problem = `HTTP ${response.status}. ${outcomeTexts(exchange.answer).join(" ")}`.trim();
    else if (text && exchange.answer === null) exchange.problem = "The answer is not JSON.";
  } catch (error) {
    if (signal?.aborted) throw error;
    exchange.problem = late.aborted ? `No answer within ${LONGEST_WAIT_MS / 1000} seconds.` : "The service cannot be reached.";
  }
  exchange.ms = performance.now() - started;
  return exchange;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// The fixtures do not change while the page is open, so each query is asked once.
const asked = new Map();

/** Fill the templates of a service. A query that fails or has an unknown token is left out, as the specification says. */
async function fillPrefetch(templates, context) {
  const filled = await Promise.all(
    Object.entries(templates).map(async ([key, template]) => {
      const query = fillTokens(template, context);
      if (query === null) return null;
      if (!asked.has(query)) asked.set(query, query.includes("?") ? search(query) : read(query));
      try {
        return [key, await asked.get(query)];
      } catch {
        asked.delete(query);
        return null;
      }
    }),
  );
  return Object.fromEntries(filled.filter(Boolean));
}

/** Replace {{context.patientId}} and the like; null if a token has no value. */
export function fillTokens(template, context) {
  const [userKind, userId] = context.userId.split("/");
  const values = { [`user${userKind}Id`]: userId };
  for (const name of ["userId", "patientId", "encounterId"]) values[`context.${name}`] = context[name];
  let complete = true;
  const query = template.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (_, token) => {
    if (values[token] === undefined) complete = false;
    return values[token] ?? "";
  });
  return complete ? query : null;
}
