// Starts Pyodide with the course's packages added to those that it knows, so that an import loads them.
// JupyterLite's kernel imports this instead of Pyodide's own module of the same name.

const here = (path) => new URL(path, import.meta.url).href;
const read = async (url, as = "json") => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} cannot be loaded: ${answer.status}`);
  return answer[as]();
};

export async function loadPyodide(options) {
  const { runtime, packages } = await read(here("packages.json"));
  const base = here(runtime);
  const [{ loadPyodide }, lock] = await Promise.all([
    import(`${base}pyodide.mjs`),
    read(`${base}pyodide-lock.json`),
  ]);
  for (const one of packages) {
    lock.packages[one.name] = { ...one, file_name: here(`wheels/${one.file_name}`) };
  }
  const urls = { indexURL: base, packageBaseUrl: base };
  const python = await loadPyodide({ ...options, ...urls, lockFileContents: lock });
  python.runPython(await read(here("kernel.py"), "text"), { globals: python.toPy({}) });
  return python;
}
