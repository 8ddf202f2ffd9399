// Starts Pyodide with the course's packages added to those that it knows, so that an import loads them.
// JupyterLite's kernel imports this instead of Pyodide's own module of the same name.

import * as bytecode from "./bytecode.mjs";

const IDLE = 5000; // milliseconds, in which the kernel gets ready and runs a cell that waits for it
const here = (path) => new URL(path, import.meta.url).href;
// An edition that is published anew is seen at once: only what is named by its content is taken as it was kept.
const read = async (url, as = "json") => {
  const answer = await fetch(url, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${url} cannot be loaded: ${answer.status}`);
  return answer[as]();
};

export async function loadPyodide(options) {
  const { edition, runtime, packages, left_out } = await read(here("packages.json"));
  const base = here(runtime);
  const [{ loadPyodide }, lock, kept, ...programs] = await Promise.all([
    import(`${base}pyodide.mjs`),
    read(`${base}pyodide-lock.json`),
    bytecode.read(here(edition)),
    ...["kernel.py", "bytecode.py"].map((name) => read(here(name), "text")),
  ]);
  for (const one of packages) {
    lock.packages[one.name] = { ...one, file_name: here(`wheels/${one.file_name}`) };
  }
  const wanted = (names) => names.filter((name) => !left_out.includes(name));
  lock.packages.matplotlib.depends = wanted(lock.packages.matplotlib.depends);
  const given = {
    indexURL: base,
    packageBaseUrl: base,
    lockFileContents: lock,
    env: { ...options.env, UNROLLED_RELEASED: here("../files/") }, // for autograder.browser
    packages: wanted(options.packages), // the kernel asks for some of these, too
  };
  if (kept) given.stdLibURL = URL.createObjectURL(new Blob([kept.standard]));
  const python = await loadPyodide({ ...options, ...given });
  if (kept) python.unpackArchive(kept.packages, "zip", { extractDir: "/" });
  const globals = python.toPy({});
  for (const program of programs) python.runPython(program, { globals });
  setTimeout(async () => {
    await globals.get("import_ahead")();
    if (kept) return;
    const parts = await globals.get("compiled")();
    await bytecode.keep(here(edition), parts.toJs({ dict_converter: Object.fromEntries }));
  }, IDLE);
  return python;
}
