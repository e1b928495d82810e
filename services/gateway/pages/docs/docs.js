// Shows /openapi.json. Text only ever enters the page as text, never as markup.
const METHODS = ["get", "post", "put", "patch", "delete"];

const make = (tag, text = "", cls = "") => {
  const node = document.createElement(tag);
  node.textContent = text;
  if (cls) node.className = cls;
  return node;
};

const resolve = (root, node, depth = 0) => {
  if (Array.isArray(node)) return node.map((item) => resolve(root, item, depth));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    if (depth > 4) return { $ref: node.$ref };
    const target = node.$ref.slice(2).split("/").reduce((at, key) => at?.[key], root);
    return resolve(root, target ?? {}, depth + 1);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(root, value, depth)]));
};

const table = (head, rows) => {
  const node = make("table");
  const line = (cells, tag) => {
    const tr = make("tr");
    cells.forEach((cell) => tr.append(make(tag, String(cell ?? ""))));
    return tr;
  };
  node.append(line(head, "th"), ...rows.map((row) => line(row, "td")));
  return node;
};

const schema = (root, content) => {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  if (!media?.schema) return null;
  const pre = make("pre", JSON.stringify(resolve(root, media.schema), null, 2));
  const wrap = make("details");
  wrap.append(make("summary", type), pre);
  return wrap;
};

// A role is the least one: stronger ones may too.
const proof = ([kind, needs]) => `${kind}${needs.length ? ` (${kind === "staff" ? "from " : ""}${needs.join(", ")})` : ""}`;

const operation = (root, path, method, op) => {
  const node = make("details");
  const summary = make("summary");
  summary.append(make("span", method.toUpperCase(), "method"), make("code", path), make("span", op.tags?.[0], "tag"));
  node.append(summary, make("p", op.description ?? op.summary ?? ""));
  const access = (op.security ?? []).map((item) => Object.entries(item).map(proof)[0]).join(", ");
  node.append(make("p", access ? `Access: ${access}` : "Access: open"));
  if (op.parameters?.length) {
    const rows = op.parameters.map((p) => [p.name, p.in, p.required ? "required" : "", p.description ?? p.schema?.description]);
    node.append(table(["parameter", "in", "", "meaning"], rows));
  }
  const body = schema(root, op.requestBody?.content);
  if (body) node.append(make("h4", "Request body"), body);
  node.append(make("h4", "Answers"));
  node.append(table(["status", "meaning"], Object.entries(op.responses ?? {}).map(([code, r]) => [code, r.description])));
  const good = Object.entries(op.responses ?? {}).find(([code]) => code.startsWith("2"));
  const shown = schema(root, good?.[1]?.content);
  if (shown) node.append(shown);
  return node;
};

const root = await (await fetch("/openapi.json")).json();
document.getElementById("title").textContent = root.info.title;
const list = document.getElementById("operations");
for (const [path, item] of Object.entries(root.paths)) {
  for (const method of METHODS.filter((name) => item[name])) list.append(operation(root, path, method, item[method]));
}
document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const node of list.children) node.hidden = !node.textContent.toLowerCase().includes(wanted);
});
