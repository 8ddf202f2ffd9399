"""Programs for the limit of time: loops that it has to end, and what has to be as before afterwards.

Both expect `time_limit`, `TimeLimitExceeded`, json, sys and time to be imported.
"""

LOOPS = """
def jumps():
    while True: pass

def calls():
    def one(n): return one(n - 1) if n else 0
    while True: one(20)

def recursion():
    def deeper(): deeper()
    while True:
        try: deeper()
        except RecursionError: pass

def comprehension():
    [0 for _ in iter(int, 1)]

def called_from_c():
    max(map(lambda x: x, iter(int, 1)))

def generator():
    sum(1 for _ in iter(int, 1))

def caught():
    n = 0
    try:
        while True: n += 1
    except BaseException:
        seen.append("handler")
        raise

def stubborn():
    while True:
        try:
            for i in range(10**9): pass
        except:
            seen.append("bare except")
            if len(seen) > 3: raise

seen, found = [], {}
for loop in (jumps, calls, recursion, comprehension, called_from_c, generator, caught, stubborn):
    start = time.monotonic()
    try:
        with time_limit(0.2):
            loop()
        found[loop.__name__] = "went on"
    except TimeLimitExceeded:
        found[loop.__name__] = time.monotonic() - start
print(json.dumps([found, seen]))
"""

AFTER = """
def loop(n=10**5):
    for i in range(n): pass
    return "done"

with time_limit(60):
    print(loop())  # in time: not touched
for n in range(300):  # however the limit and the end of the block fall
    try:
        with time_limit(0.0005):
            loop(n * 100)
    except TimeLimitExceeded:
        pass
    assert all(sys.monitoring.get_tool(tool) is None for tool in range(6)), n
time.sleep(0.3)
print(loop())
with time_limit(30):
    with time_limit(60):
        print(loop())
for tool in (2, 3, 4):
    sys.monitoring.use_tool_id(tool, "others")
try:
    with time_limit(1): pass
except RuntimeError as error:
    print(error)
"""
