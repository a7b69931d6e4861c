// Shows the packed rows in parts of fifty, found by words and by what is chosen. Nothing is asked of any host.
const PART = 50;
const organizations = JSON.parse(document.getElementById("organizations").textContent);

async function unpack(text) {
  const packed = atob(text);
  const bytes = new Uint8Array(packed.length);
  for (let at = 0; at < packed.length; at++) bytes[at] = packed.charCodeAt(at);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
}

const packedText = (id) => document.getElementById(id).textContent;

// What is shown of a row that is opened; unpacked a part at a time, when somebody asks.
const parts = new Map();
let lines;
async function detailsOf(row) {
  const size = Number(document.getElementById("packed-details").dataset.part), part = Math.floor(row.at / size);
  lines ??= packedText("packed-details").split("\n");
  if (!parts.has(part)) parts.set(part, unpack(lines[part]));
  return (await parts.get(part))[row.at % size];
}

// Messages lie in those details: the first search unpacks them all, a part at a time, and keeps each sentence once.
const sentences = new Map();
const kept = (text) => { const small = String(text).toLowerCase(); if (!sentences.has(small)) sentences.set(small, small); return sentences.get(small); };
const messages = { done: false, heard: new Set(), reading: undefined };
messages.read = async () => {
  lines ??= packedText("packed-details").split("\n");
  const size = Number(document.getElementById("packed-details").dataset.part);
  for (let part = 0; part < lines.length; part++) {
    (await unpack(lines[part])).forEach((details, number) => {
      const row = rows[part * size + number];
      row.sentences = (details.triggers || []).map(kept);
      row.messages = [...(details.changes || []), ...(details.reasons || [])].map((each) => kept(each.message)).concat(row.sentences);
    });
    if (part % 25 === 24) messages.heard.forEach((again) => again());
  }
  messages.done = true;
  messages.heard.forEach((again) => again());
};

function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const words = (text) => String(text).replaceAll("_", " ");
const code = (text) => make("code", {}, String(text));
const pill = (text, kind = text) => make("span", { class: `pill ${kind}` }, words(text));
const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, " ");
const moment = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)} ${iso.slice(19).replace(/^\.\d+/, "")}` : "–");
const named = (id) => (id ? (organizations[id] ? `${organizations[id]} ` : "") : "no organization");

function organization(id) {
  return make("span", {}, "organization ", organizations[id] || "", " ", id ? code(id) : "none");
}

function beside(pairs) {
  const grid = make("div", { class: "beside" });
  for (const [name, value] of pairs) if (value !== undefined && value !== null && value !== "") grid.append(make("span", {}, name), make("span", {}, value));
  return grid;
}

function drawChange(change) {
  return make("div", { class: "change" }, make("b", {}, change.message), " ", code(change.code),
    beside([["Before", change.before], ["Now", change.after], ["Where", change.field ? code(change.field) : ""]]));
}

function drawRow(row) {
  const codes = row.codes || [];
  const summary = make("summary", {}, pill(row.outcome), " ", make("b", {}, row.name || row.id), " ",
    make("span", { class: "soft" }, `${named(row.organization_id)}· ${row.table}${codes.length ? " · " + codes.slice(0, 3).join(", ") : ""}${codes.length > 3 ? ` and ${codes.length - 3} more` : ""}`));
  const made = make("details", {}, summary);
  made.addEventListener("toggle", async () => { made.append(...opened(row, await detailsOf(row))); }, { once: true });
  return made;
}

function opened(row, details) {
  const shown = [make("p", { class: "soft" }, row.table, " ", code(row.id), " · ", organization(row.organization_id), row.owner ? ` · executed by ${words(row.owner)}` : "")];
  (details.triggers || []).forEach((sentence, number) => shown.push(make("p", {}, pill(row.classes[number]), " ", sentence)));
  for (const change of details.changes || []) shown.push(drawChange(change));
  for (const reason of details.reasons || []) shown.push(make("p", {}, code(reason.code), " ", reason.message, reason.field ? " " : "", reason.field ? code(reason.field) : ""));
  return shown;
}

const id = (text) => make("code", { class: "id" }, String(text));

function drawTrigger(item) {
  const sentence = make("td", {}, "…");
  detailsOf(item.row).then((details) => { sentence.textContent = details.triggers[item.number]; });
  return make("tr", {}, make("td", {}, pill(item.class)), make("td", {}, item.row.name || "", make("br"), id(item.row.id)),
    make("td", {}, named(item.row.organization_id), make("br"), id(item.row.organization_id || "–")), sentence);
}

function drawShadow(row) {
  const made = make("details", { open: Boolean(row.unexplained) }, make("summary", {}, make("b", {}, row.name || row.workflow_id), " ",
    row.unexplained ? pill(`${row.unexplained} of ${row.triggers} unexplained`, "failed") : make("span", { class: "soft" }, named(row.organization_id))));
  made.append(make("p", { class: "soft" }, code(row.workflow_id), " · ", organization(row.organization_id), " · engine ", code(row.engine), " · ",
    row.is_proven ? `${count(row.reproduced)} of ${count(row.recorded)} executions reproduce` : "unproven", row.is_made_up ? " · a made-up trigger" : ""));
  for (const item of row.differences) {
    made.append(make("div", { class: "change" }, make("b", {}, item.change), " ",
      ...(item.codes.length ? item.codes.flatMap((each) => [code(each), " "]) : [pill("unexplained", "failed")]),
      beside([["Before", item.before || "–"], ["Now", item.after || "–"], ["Where", item.node_id ? code(`${item.node_id}${item.field ? " · " + item.field : ""}`) : ""], ["Times", `${count(item.times)}, for example ${item.example}`]])));
  }
  return made;
}

function drawSchedule(row) {
  const times = (list, draw) => make("td", {}, ...(list && list.length ? list.map((at) => make("div", {}, draw(at))) : ["never"]));
  const zone = (told) => (told.timezone ? ` (${told.timezone})` : "");
  const local = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} ${iso.slice(19)}`;
  return make("details", {}, make("summary", {}, make("b", {}, row.name || row.workflow_id), " ", pill(row.standing, row.standing === "wakes_up" ? "waiting" : "pending"), " ", make("span", { class: "soft" }, row.after.words || "")),
    make("p", { class: "soft" }, code(row.workflow_id), " · trigger ", code(row.trigger), " · ", organization(row.organization_id), row.activated_at ? ` · fires here since ${moment(row.activated_at)}` : ""),
    make("p", {}, row.why),
    make("div", { class: "wide" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, `Before, as configured${zone(row.before)}`), make("th", {}, "Before, as executed"), make("th", {}, `Here${zone(row.after)}`))),
      make("tbody", {}, make("tr", {}, make("td", {}, row.before.words || ""), make("td", {}, row.before.last_fired_at ? `Its own row says: last at ${moment(row.before.last_fired_at)}` : ""), make("td", {}, row.after.words || "")),
        make("tr", {}, times(row.before.at, local), times(row.before.executed, moment), times(row.after.at, local))))));
}

// A list: search, one choice per filter, fifty at a time. `filters`: name -> row -> its values.
// `said`: row -> its messages, once they are unpacked.
function list(root, rows, { text, draw, filters, said }) {
  const into = root.querySelector("[data-rows]"), controls = make("div", { class: "filters", role: "search" }), found = make("span", { class: "soft", role: "status" });
  const chosen = new Map(), haystacks = new Map();
  let part = 0, left = rows, sought = "";
  const search = make("input", { type: "search", placeholder: said ? "Name, id, organization, code, message …" : "Name, id, organization, code …", "aria-label": "Search" });
  controls.append(make("label", {}, "Search", search));
  const selects = {};
  for (const [name, values] of Object.entries(filters)) {
    const counts = new Map();
    for (const row of rows) for (const value of values(row)) counts.set(value, (counts.get(value) || 0) + 1);
    // Nothing can be chosen where all rows have the one value that there is.
    if (!counts.size || (counts.size === 1 && [...counts.values()][0] === rows.length)) continue;
    const options = [...counts].sort((a, b) => b[1] - a[1]).map(([value, number]) => make("option", { value }, `${name === "Organization" ? named(value) || value : words(value)} (${count(number)})`));
    const select = selects[name] = make("select", { "aria-label": name }, make("option", { value: "" }, "all"), ...options);
    select.addEventListener("change", () => { choose(name, select.value); });
    controls.append(make("label", {}, name, select));
  }
  const earlier = make("button", { type: "button" }, "Earlier"), later = make("button", { type: "button" }, "Later");
  const clear = make("button", { type: "button" }, "Show all");
  const pages = make("div", { class: "pages" }, earlier, later, found);
  controls.append(clear);
  into.before(controls, pages);

  function holds(row) {
    for (const [name, value] of chosen) if (!filters[name](row).includes(value)) return false;
    if (!sought) return true;
    let haystack = haystacks.get(row);
    if (haystack === undefined) haystacks.set(row, haystack = text(row).toLowerCase());
    const told = (said && said(row)) || [];
    return sought.split(/\s+/).every((word) => haystack.includes(word) || told.some((message) => message.includes(word)));
  }
  function show() {
    const from = part * PART, to = Math.min(from + PART, left.length);
    into.replaceChildren(...left.slice(from, to).map(draw));
    const reading = sought && said && !messages.done;
    found.textContent = (left.length ? `${count(from + 1)} to ${count(to)} of ${count(left.length)}` : reading ? "" : "Nothing is like that.") + (reading ? " Looking through the messages …" : "");
    earlier.disabled = part === 0;
    later.disabled = to >= left.length;
  }
  function filter() { left = chosen.size || sought ? rows.filter(holds) : rows; show(); }
  function find() {
    part = 0;
    filter();
    if (sought && said && !messages.done) { messages.heard.add(filter); messages.reading ??= messages.read(); }
  }
  function choose(name, value) {
    if (value) chosen.set(name, value); else chosen.delete(name);
    if (selects[name]) selects[name].value = value;
    find();
  }
  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => { sought = search.value.trim().toLowerCase(); find(); }, 150); });
  earlier.addEventListener("click", () => { part -= 1; show(); });
  later.addEventListener("click", () => { part += 1; show(); });
  clear.addEventListener("click", () => { chosen.clear(); search.value = sought = ""; for (const select of Object.values(selects)) select.value = ""; find(); });
  show();
  return { only(wanted) { clear.click(); for (const [name, value] of Object.entries(wanted)) choose(name, value); root.scrollIntoView(); } };
}

const textOf = (row) => [row.name, row.id, row.table, row.organization_id, organizations[row.organization_id], row.owner, ...(row.codes || [])].join(" ");
const gymOf = (row) => (row.organization_id ? [row.organization_id] : []);

const rows = await unpack(packedText("packed-rows"));
rows.forEach((row, at) => { row.at = at; });
const everything = list(document.getElementById("rows"), rows, {
  text: textOf, draw: drawRow, said: (row) => row.messages,
  filters: { Outcome: (row) => [row.outcome], Organization: gymOf, Code: (row) => row.codes || [], Table: (row) => [row.table],
    Changes: (row) => (row.changes ? ["for customers"] : []), Owner: (row) => (row.owner ? [row.owner] : []) },
});
const triggers = rows.flatMap((row) => (row.classes || []).map((each, number) => ({ class: each, number, row })));
const fired = document.getElementById("triggers") && list(document.getElementById("triggers"), triggers, {
  text: (item) => textOf(item.row), draw: drawTrigger, said: (item) => item.row.sentences && [item.row.sentences[item.number]],
  filters: { Class: (item) => [item.class], Organization: (item) => gymOf(item.row) },
});
for (const [id, draw, filters] of [
  ["shadowed", drawShadow, { Organization: (row) => [row.organization_id], Explained: (row) => [row.unexplained ? "no" : "yes"] }],
  ["scheduled", drawSchedule, { Organization: (row) => [row.organization_id], Standing: (row) => [row.standing] }],
]) {
  const root = document.getElementById(id);
  if (root) list(root, await unpack(packedText(`packed-${id}`)), { text: (row) => `${JSON.stringify(row)} ${organizations[row.organization_id] || ""}`, draw, filters });
}
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-only]");
  if (asked) (asked.dataset.in === "triggers" ? fired : everything).only(JSON.parse(asked.dataset.only));
});
if (/\/atlas\/reports\/[^/]+\/[^/]*$/.test(location.pathname)) {
  document.querySelector(".contents").prepend(make("p", {}, make("a", { href: "../../" }, "All phase runs")));
}
document.body.dataset.ready = "yes";
