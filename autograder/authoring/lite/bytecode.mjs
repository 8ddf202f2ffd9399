// What Python has compiled is kept in the browser: Pyodide comes with sources alone, and would compile all that
// is imported at every start.  The browser may forget it, or keep nothing; then a start takes longer, no more.

const NAME = "unrolled-bytecode";
const PARTS = ["packages", "standard"];

// The parts that are kept of an edition, each an ArrayBuffer; null where one is missing.
export async function read(edition) {
  try {
    const cache = await caches.open(NAME);
    const found = await Promise.all(PARTS.map((part) => cache.match(`${edition}/${part}`)));
    const [packages, standard] = await Promise.all(found.map((answer) => answer.arrayBuffer()));
    return { packages, standard };
  } catch {
    return null;
  }
}

// Keeps the parts of an edition, and nothing of those before it.
export async function keep(edition, parts) {
  try {
    await caches.delete(NAME);
    const cache = await caches.open(NAME);
    for (const part of PARTS) await cache.put(`${edition}/${part}`, new Response(parts[part]));
  } catch (error) {
    console.info(`No bytecode is kept: ${error}`);
  }
}
