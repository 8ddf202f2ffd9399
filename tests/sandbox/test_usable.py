"""What lessons and students use works behind the walls."""

import pytest
from wall_attacks import run_cells

from autograder.sandbox import bubblewrap

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)

USES = {
    "SQLite": """
import sqlite3
with sqlite3.connect("a.db") as one:
    one.execute("pragma journal_mode = wal")
    one.execute("create table t (x)")
    one.executemany("insert into t values (?)", [(n,) for n in range(5)])
two = sqlite3.connect("a.db")
two.execute("select sum(x) from t").fetchone()[0] == 10
""",
    "IPython": """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_cell("6 * 7").result == 42
""",
    "arrays in files": """
m = np.memmap("a.bin", float, "w+", shape=(100, 10))
m[:] = 1
m.flush()
float(np.memmap("a.bin", float, "r", shape=(100, 10)).sum()) == 1000
""",
    "Matplotlib": """
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig("a.png")
os.path.getsize("a.png") > 1000
""",
    "asyncio": """
import asyncio
async def two():
    done = await asyncio.create_subprocess_exec("true")
    return await asyncio.gather(asyncio.to_thread(sum, [1, 1]), asyncio.sleep(0, 2), done.wait())
asyncio.run(two()) == [2, 2, 0]
""",
    "a socket of asyncio": """
async def echo():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    async with await asyncio.start_unix_server(serve, "s"):
        reader, writer = await asyncio.open_unix_connection("s")
        writer.write(b"line\\n")
        return await reader.readline()
asyncio.run(echo()) == b"line\\n"
""",
    "subprocess": """
import subprocess, sys
subprocess.run([sys.executable, "-c", "print(42)"], capture_output=True, text=True).stdout == "42\\n"
""",
    "the shell": "os.system('test -n \"$(echo x | cat)\"') == 0",
    "processes": """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    found = pool.map(abs, [-1, -2])
found == [1, 2]
""",
    "values that processes share": """
value = multiprocessing.get_context("fork").Value("i", 0)
def add():
    with value.get_lock():
        value.value += 1
children = [multiprocessing.get_context("fork").Process(target=add) for _ in range(2)]
for child in children:
    child.start()
for child in children:
    child.join()
value.value == 2
""",
    "a manager": """
with multiprocessing.get_context("fork").Manager() as manager:
    shared = manager.list([1])
    shared.append(2)
    found = list(shared)
found == [1, 2]
""",
    "arrays that processes share": """
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(create=True, size=80)
array = np.ndarray(10, float, memory.buf)
array[:] = 2
del array
memory.close()
memory.unlink()
memory.size >= 80
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    found = sum(pool.map(lambda n: n, range(100)))
found == 4950
""",
    "its own limits": """
import resource
resource.setrlimit(resource.RLIMIT_STACK, resource.getrlimit(resource.RLIMIT_STACK))
os.nice(1)
os.sched_setaffinity(0, os.sched_getaffinity(0))
True
""",
    "files in folders": """
import shutil, tempfile
os.mkdir("one")
open("one/a", "w").write("x" * 10)
shutil.move("one/a", "b")
os.link("b", "c")
shutil.copytree("one", "two")
with tempfile.NamedTemporaryFile() as f:
    f.write(b"x")
os.path.getsize("c") == 10
""",
    "large arrays": "float(np.ones((4000, 4000)).sum()) == 16e6",
    "random numbers": "len(os.urandom(4)) == 4 and 0 <= np.random.default_rng().random() < 1",
    "time": "time.sleep(0.01)\ntime.localtime().tm_year > 2020",
}


@pytest.fixture(scope="module")
def shown():
    found, ended = run_cells(list(USES.values()))
    assert not ended
    return dict(zip(USES, found, strict=True))


@pytest.mark.parametrize("name", USES)
def test_it_works(shown, name):
    assert shown[name] == "True"
