
"use strict";
// Everything that comes from the cluster enters the page through textContent: a name is never markup.

const POLL = 2000;
const OLD = 6000;
const SILENT = 60;
const SEVERITIES = { broken: "Broken", risk: "At risk", note: "Good to know" };

const find = id => document.getElementById(id);
const part = (node, name) => node.querySelector(`[data-part="${name}"]`);

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function set(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Make the children of `parent` be those of `items`, keeping the nodes whose key stays. */
function keyed(parent, items, template, update) {
  const spare = new Set(parent.children);
  const known = new Map([...spare].map(child => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const [key, item] of items) {
    let node = known.get(key);
    if (!node) {
      node = find(template).content.firstElementChild.cloneNode(true);
      node.dataset.key = key;
    }
    known.delete(key);
    spare.delete(node);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const gone of spare) gone.remove();
}

function lasting(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} days`;
}

const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
const clock = seconds => new Date(seconds * 1000).toLocaleTimeString();
const share = (some, all) => `${Math.round(100 * some / all)}%`;

const cores = value => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
const gib = value => (value / 2 ** 30).toLocaleString("en", { maximumFractionDigits: value < 10 * 2 ** 30 ? 1 : 0 });
const RESOURCES = [["cpu", "CPU", "cores", cores], ["memory", "Memory", "GiB", gib]];

function showSubject(node, subject, overview) {
  set(node, "data-severity", subject.severity);
  say(part(node, "severity"), SEVERITIES[subject.severity]);
  say(part(node, "name"), subject.name);
  say(part(node, "where"), subject.namespace ? `${subject.kind} in ${subject.namespace}` : subject.kind);
  say(part(node, "owner"), subject.owner);
  const seen = {};
  const findings = subject.findings.map(finding => {
    seen[finding.indicator] = (seen[finding.indicator] ?? 0) + 1;
    return [`${finding.indicator} ${seen[finding.indicator]}`, finding];
  });
  keyed(part(node, "findings"), findings, "finding", (line, finding) => showFinding(line, finding, overview));
}

function showFinding(node, finding, overview) {
  const age = lasting(overview.at - finding.since);
  const over = finding.since <= overview.watching_since ? "over " : "";
  set(node, "data-severity", finding.severity);
  set(node, "title", overview.sentences.get(finding.indicator) ?? "");
  say(part(node, "text"), finding.text);
  say(part(node, "since"), finding.lasting ? `for ${over}${age}` : `${age} ago`);
}

function showRoom(node, room) {
  say(part(node, "name"), room.title);
  const usable = room.usable === room.nodes
    ? plural(room.nodes, "node", "nodes")
    : `${room.usable} of ${plural(room.nodes, "node", "nodes")} usable`;
  const partly = room.measured !== null && room.measured < room.nodes;
  say(part(node, "nodes"), partly ? `${usable}, use measured on ${room.measured}` : usable);
  for (const [name, label, unit, format] of RESOURCES) {
    const place = part(node, name);
    if (!place.firstElementChild) place.append(find("resource").content.cloneNode(true));
    showResource(place, room[name], { label, unit, format, room });
  }
}

function showResource(node, amounts, { label, unit, format, room }) {
  const { allocatable, largest, requested, limited, used } = amounts;
  const free = allocatable - requested;
  const rest = free - largest;
  const level = free < 0 ? "broken" : rest < 0 ? "risk" : "good";
  say(part(node, "label"), label);
  say(part(node, "requested"), allocatable
    ? `${format(requested)} of ${format(allocatable)} ${unit} requested, ${share(requested, allocatable)}`
    : `${format(requested)} ${unit} requested, none offered`);
  const bar = part(node, "bar");
  set(bar, "data-level", level);
  set(bar, "aria-label", `${label} requested in ${room.title}`);
  set(bar, "aria-valuemax", allocatable || 1);
  set(bar, "aria-valuenow", Math.min(requested, allocatable || 1));
  set(bar, "aria-valuetext", part(node, "requested").textContent);
  part(node, "fill").style.width = `${allocatable ? Math.min(100, 100 * requested / allocatable) : 0}%`;
  part(node, "mark").style.width = `${allocatable ? 100 * largest / allocatable : 0}%`;
  const use = part(node, "use");
  use.hidden = used === null || !allocatable;
  if (!use.hidden) use.style.width = `${Math.min(100, 100 * used / allocatable)}%`;
  say(part(node, "used"), used === null ? "" : `${format(used)} used${allocatable ? `, ${share(used, allocatable)}` : ""}`);
  const left = part(node, "free");
  set(left, "data-level", free < 0 ? "broken" : "good");
  say(left, free < 0 ? `${format(-free)} ${unit} too much` : `${format(free)} ${unit} free`);
  const without = part(node, "without");
  set(without, "data-level", rest < 0 ? "risk" : "good");
  say(without, rest < 0
    ? `${format(-rest)} short with the largest node gone`
    : `${format(rest)} with the largest node gone`);
  say(part(node, "limits"), allocatable ? `limits add up to ${share(limited, allocatable)}` : "");
}

const WINDOWS = { "1h": "hour", "6h": "6 hours", "1d": "day", "3d": "3 days" };
const NEARLY_SPENT = 0.2;
const PARTLY = 0.95;

const exactly = part => `${(100 * part).toLocaleString("en", { maximumFractionDigits: 6 })}%`;
const roughly = part => `${(100 * part).toLocaleString("en", { maximumFractionDigits: Math.abs(part) < 0.1 ? 1 : 0 })}%`;
const pace = rate => rate > 1 ? `${rate.toLocaleString("en")}× too fast` : rate ? `slowly enough (${rate}×)` : "nothing";

function showBudget(node, budget, overview) {
  set(node, "data-severity", budget.severity ?? "none");
  const state = part(node, "state");
  say(state, budget.state.replace("_", " ") || "no data");
  set(state, "data-state", budget.state);
  say(part(node, "name"), `${budget.service}/${budget.slo}`);
  const about = [budget.kind, budget.workload].filter(Boolean).join(" ");
  const place = [about, budget.namespace && `in ${budget.namespace}`].filter(Boolean).join(" ");
  say(part(node, "where"), [budget.group, place].filter(Boolean).join(", "));
  say(part(node, "owner"), budget.owner);
  say(part(node, "objective"), `objective ${exactly(budget.objective)}`);
  const windows = new Map();
  for (const { window, rate } of budget.burns) {
    const words = pace(rate);
    windows.set(words, [...windows.get(words) ?? [], WINDOWS[window] ?? window]);
  }
  const burns = [...windows].map(([words, names]) => `${words} in the last ${names.join(" and ")}`);
  const silence = budget.silent_since === null ? "no data yet" : `no data for ${lasting(overview.at - budget.silent_since)}`;
  const unknown = budget.state ? "burn not known yet" : `${silence}: what is left is not known`;
  say(part(node, "burns"), burns.length ? `burns ${burns.join(", ")}` : unknown);
  set(part(node, "burns"), "data-fast", budget.burns.some(({ rate }) => rate > 1));
  keyed(part(node, "periods"), budget.periods.map(period => [period.period, period]), "period",
    (line, period) => showPeriod(line, period, budget));
}

function showPeriod(node, { period, left, coverage }, budget) {
  const told = left > 0 ? `${roughly(left)} left` : left < 0 ? `overspent by ${roughly(-left)}` : "used up";
  say(part(node, "period"), period);
  say(part(node, "remaining"), told);
  const bar = part(node, "bar");
  set(bar, "data-level", left <= 0 ? "overspent" : left < NEARLY_SPENT ? "risk" : "good");
  set(bar, "aria-label", `Error budget of ${period} left, ${budget.service}/${budget.slo} ${budget.group}`.trim());
  set(bar, "aria-valuenow", Math.round(100 * Math.min(1, Math.max(0, left))));
  set(bar, "aria-valuetext", told);
  part(node, "fill").style.width = `${left > 0 ? Math.min(100, 100 * left) : 100}%`;
  say(part(node, "coverage"), coverage < PARTLY ? `data for ${roughly(coverage)} of the time` : "");
}

function showBudgets(overview) {
  const rows = overview.error_budgets;
  const key = ({ service, slo, group, namespace, kind, workload }) => JSON.stringify([service, slo, group, namespace, kind, workload]);
  keyed(find("budget-rows"), rows.map(budget => [key(budget), budget]), "budget", (node, budget) => showBudget(node, budget, overview));
  find("budgets-more").hidden = !overview.error_budgets_more;
  say(find("budgets-more"), `and ${overview.error_budgets_more.toLocaleString("en")} more, none worse`);
}

function showSource(node, source, now) {
  say(part(node, "name"), source.name);
  say(part(node, "error"), source.error);
  say(part(node, "state"), source.state);
  set(part(node, "state"), "data-state", source.state);
  set(node, "data-state", source.state);
  say(part(node, "age"), source.last_success === null ? "never" : `${lasting(now - source.last_success)} ago`);
  say(part(node, "objects"), source.objects.toLocaleString("en"));
}

function showSources(sources, now) {
  const ill = sources.filter(source => source.state !== "up");
  const summary = find("sources-summary");
  const broken = ill.some(source => source.state === "down" || source.state === "stale");
  const partial = ill.some(source => source.state === "partial");
  if (broken && summary.dataset.level !== "broken") find("sources").open = true;
  set(summary, "data-level", broken ? "broken" : partial ? "risk" : "good");
  const ages = sources.filter(source => source.last_success !== null).map(source => now - source.last_success);
  say(summary, `${sources.length - ill.length} of ${sources.length} up`
    + (ages.length ? `, oldest answer ${lasting(Math.max(...ages))} ago` : ""));
  keyed(find("source-rows"), sources.map(source => [source.name, source]), "source-row",
    (node, source) => showSource(node, source, now));
}

function showStatus(answer, overview) {
  const told = !answer.ready ? [["note", "Starting: the cluster is being read"]]
    : Object.keys(SEVERITIES).filter(name => overview.counts[name] && name !== "note")
      .map(name => [name, `${overview.counts[name].toLocaleString("en")} ${SEVERITIES[name].toLowerCase()}`]);
  if (!told.length) told.push(["good", "Nothing needs attention"]);
  const text = told.map(([, words]) => words).join(", ");
  const status = find("status");
  document.title = `${text} – Headroom`;
  if (status.textContent === text) return;
  status.replaceChildren(...told.flatMap(([name, words], index) => {
    const node = document.createElement("span");
    node.className = name;
    node.textContent = words;
    return index ? [", ", node] : [node];
  }));
}

function showContext(overview) {
  const pods = overview.sources.find(source => source.name === "pods");
  const facts = [];
  if (pods && overview.cluster) facts.push(`${plural(pods.objects, "pod", "pods")} on ${plural(overview.cluster.nodes, "node", "nodes")}`);
  if (overview.cluster?.cpu.allocatable) {
    const { cpu, memory } = overview.cluster;
    facts.push(`CPU ${share(cpu.requested, cpu.allocatable)}, memory ${share(memory.requested, memory.allocatable)} requested`);
    if (cpu.used !== null && memory.used !== null && overview.cluster.measured === overview.cluster.nodes)
      facts.push(`CPU ${share(cpu.used, cpu.allocatable)}, memory ${share(memory.used, memory.allocatable)} used`);
  }
  if (overview.counts.note) facts.push(`${overview.counts.note} good to know`);
  facts.push(`watching since ${clock(overview.watching_since)}`);
  say(find("context"), facts.join(" · "));
}

function rooms(overview) {
  if (!overview.cluster) return [];
  const whole = ["whole", { ...overview.cluster, title: "Whole cluster" }];
  const named = overview.pools.map(pool => [`pool ${pool.pool}`, { ...pool, title: pool.pool || "nodes without a pool" }]);
  return named.length > 1 ? [whole, ...named] : [whole];
}

function show(answer) {
  const { overview } = answer;
  if (answer.now) {
    say(find("clock"), clock(answer.now));
    set(find("clock"), "datetime", new Date(answer.now * 1000).toISOString());
  }
  for (const id of ["attention", "room", "budgets"]) find(id).hidden = !(answer.ready && overview);
  find("sources").hidden = !overview;
  if (!overview) {
    say(find("status"), "Starting");
    return;
  }
  overview.sentences = new Map(overview.questions.map(question => [question.name, question.sentence]));
  showStatus(answer, overview);
  showContext(overview);
  find("attention").hidden ||= !overview.subjects.length;
  find("room").hidden ||= !overview.cluster;
  find("budgets").hidden ||= !overview.error_budgets.length;
  keyed(find("subjects"), overview.subjects.map(subject => [`${subject.kind}/${subject.namespace}/${subject.name}`, subject]),
    "subject", (node, subject) => showSubject(node, subject, overview));
  say(find("attention-title"), overview.counts.broken || overview.counts.risk ? "Needs attention" : SEVERITIES.note);
  find("more").hidden = !overview.more;
  say(find("more"), `and ${overview.more.toLocaleString("en")} more`);
  keyed(find("rooms"), rooms(overview), "room-item", showRoom);
  showBudgets(overview);
  showSources(overview.sources, answer.now);
  keyed(find("questions"), overview.questions.map(question => [question.name, question]), "question", (node, question) => {
    say(part(node, "name"), question.name);
    say(part(node, "sentence"), question.sentence);
  });
}

let answer = JSON.parse(find("data").textContent);
let tag = "";
let heard = performance.now();
let silence = 0;
const saved = location.protocol === "file:";

function warnings() {
  const ago = (performance.now() - heard) / 1000;
  const found = [];
  const asOf = `Everything below is as of ${clock(answer.now)}.`;
  if (saved) found.push(`A saved copy, as of ${new Date(answer.now * 1000).toLocaleString()}.`);
  else if (ago * 1000 > OLD) found.push(`No answer from the exporter for ${lasting(ago)}. ${asOf}`);
  else if (silence > SILENT) found.push(`The collector has been silent for ${lasting(silence)}. ${asOf}`);
  if (!answer.ready && answer.reason) found.push(answer.reason);
  const stale = (answer.overview?.sources ?? []).filter(source => source.state === "stale").map(source => source.name);
  if (stale.length) found.push(`Silent for too long: ${stale.join(", ")}. What they tell is as of their last answer.`);
  find("banner").hidden = !found.length;
  say(find("banner"), found.join("\n"));
}

async function poll() {
  try {
    const response = await fetch("./overview.json", { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(OLD) });
    if (response.ok) {
      const text = await response.text();
      answer = JSON.parse(text);
      // A page that is saved now holds what it shows now; the server has escaped what could end the element.
      find("data").textContent = text;
      tag = response.headers.get("ETag") ?? "";
      show(answer);
    }
    if (response.ok || response.status === 304) {
      heard = performance.now();
      silence = Number(response.headers.get("Age") ?? 0);
    }
  } catch {
    // Told by warnings() once it lasts.
  }
  warnings();
}

async function follow() {
  if (!document.hidden) await poll();
  setTimeout(follow, POLL);
}

show(answer);
warnings();
if (!saved) {
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  setTimeout(follow, POLL);
}
