"""Attacks on the walls around student code: each is a cell, and the layer of the walls that stops it.

`outcomes` runs them in real sandboxes, with all layers or without one of them.  An attack has to fail
behind all layers and to succeed where its own is taken away.  As a program this file prints the outcomes
in JSON, so that they can also be had from another user's account.
"""

import fcntl
import json
import os
import shutil
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from autograder.sandbox import box, bubblewrap, client, reduced_rnnlib, seccomp, seccomp_calls
from autograder.sandbox.control_group import ControlGroup
from autograder.sandbox.limits import Limits
from autograder.sandbox.run import Job, run_job

HELD, BROKEN, ENDED = "held", "broken", "ended"
LOCKED = os.__file__  # a file that is the same for all sandboxes
TAG = f"unrolled-{os.getpid()}-{os.urandom(4).hex()}"
VSOCK_PORT = 20_000 + int.from_bytes(os.urandom(2), "big") // 2

PRELUDE = f"""
import ctypes, fcntl, mmap, os, signal, socket, struct, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NUMBERS = {{}}
supervisor, TAG, PORT, LOCKED = os.getppid(), {TAG!r}, {VSOCK_PORT}, {LOCKED!r}
def call(name, *arguments):
    '''What a system call returns; its negative error where it fails.'''
    words = [a if isinstance(a, (bytes, ctypes.Array)) else ctypes.c_long(a) for a in arguments]
    returned = libc.syscall(ctypes.c_long(NUMBERS[name]), *words)
    return -ctypes.get_errno() if returned < 0 else returned
def in_child(function):
    '''Whether a function returns something true in a process of its own.'''
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0
def state():
    return open(f"/proc/{{supervisor}}/stat").read().rsplit(")", 1)[1].split()[0]
"""


class Attack(NamedTuple):
    """source: a cell, whose last expression says whether the attack has succeeded.

    layer: what stops it.  prepares: a cell that another submission has run before.  ends: where the
    attack succeeds, the sandbox ends, or can be used no more.  only_where_ordinary: where root grades,
    something else stops it as well.
    """

    layer: str
    source: str
    prepares: str = ""
    ends: bool = False
    only_where_ordinary: bool = False


def filtered(source: str, prepares: str = "") -> Attack:
    return Attack("filter", source, prepares)


def signalled(source: str, ends: bool = False) -> Attack:
    return Attack("process 1", source, ends=ends)


def hidden(source: str) -> Attack:
    return Attack("hidden memory", source)


NEW_USER, NEW_MOUNTS = 0x10000000, 0x00020000

ATTACKS = {
    # from one submission to another, or to the machine
    "a key for the next submission": filtered(
        "def read(key):\n    text = ctypes.create_string_buffer(64)\n"
        "    n = call('keyctl', 11, key, text, 64)\n    return n > 0 and text.raw[:n] == b'answer'\n"
        "keys = [int(line.split()[0], 16) for line in open('/proc/keys') if TAG in line]\n"
        "any(map(read, keys))",
        prepares="key = call('add_key', b'user', TAG.encode(), b'answer', 6, -4)\n"
        "call('keyctl', 5, key, 0x3f3f3f3f)\ncall('keyctl', 15, key, 30)",  # for half a minute
    ),
    "a lock on a file of the system": filtered(
        "f = open(LOCKED)\ntry:\n    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n    seen = False\n"
        "except BlockingIOError:\n    seen = True\nseen"
    ),
    "a question about a lock": filtered(
        "f = open(LOCKED)\nfcntl.lockf(f, fcntl.LOCK_SH)\ndef asks():\n"
        "    asked = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)\n"
        "    told = fcntl.fcntl(f, fcntl.F_GETLK, asked)\n"
        "    return struct.unpack('hhqqi4x', told)[0] == fcntl.F_RDLCK\nin_child(asks)"
    ),
    "a lock of an open file": filtered(
        "f, g = open(LOCKED), open(LOCKED)\nlock = struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 0, 0)\n"
        "fcntl.fcntl(f, 37, lock)\nasked = struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)\n"
        "struct.unpack('hhqqi4x', fcntl.fcntl(g, 36, asked))[0] == fcntl.F_RDLCK"
    ),
    "a lease on a file": filtered(
        "open('mine', 'w').close()\nfcntl.fcntl(open('mine'), fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0"
    ),
    "a port of the hypervisor": filtered(
        "import errno\ns = socket.socket(socket.AF_VSOCK)\n"
        "try:\n    s.bind((socket.VMADDR_CID_ANY, PORT))\n    seen = False\n"
        "except OSError as e:\n    seen = e.errno == errno.EADDRINUSE\nseen"
    ),
    "an abstract socket of the machine": Attack(
        "network", "s = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + TAG)\nTrue"
    ),
    "watching what others read": filtered("call('inotify_init1', 0) >= 0"),
    "which pages are in memory": filtered(
        "f = open(LOCKED, 'rb')\nm = mmap.mmap(f.fileno(), 4096, prot=mmap.PROT_READ)\n"
        "where = np.frombuffer(m, np.uint8).ctypes.data\ncall('mincore', where, 4096, bytes(1)) == 0"
    ),
    "reading only what is in memory": filtered(
        "f = open(LOCKED)\ntry:\n    told = os.preadv(f.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT) == 1\n"
        "except BlockingIOError:\n    told = True\ntold"
    ),
    "having the kernel watch the machine": Attack(
        "pressure", "os.write(os.open('/proc/pressure/memory', os.O_RDWR), b'some 150000 2000000\\0') > 0"
    ),
    "how busy the machine is": Attack("pressure", "len(open('/proc/pressure/cpu').read()) > 0"),
    "taking a file's pages out of memory": filtered(
        # behind the filter nothing is looked at, and so no error is found
        "call('fadvise64', 999, 0, 0, 4) == -9"
    ),
    "writing out the disks of the machine": filtered("call('syncfs', 999) == -9"),
    "merging equal pages of all processes": filtered(
        "m = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE)\nm.madvise(12)\nTrue"
    ),
    "writing out what users may store": filtered("call('quotactl', 0x80000100, 0, 0, 0) == 0"),
    "the kernel's log": filtered("call('syslog', 10, 0, 0) != -38"),
    "handles of files": filtered(
        "call('name_to_handle_at', -100, b'/usr', struct.pack('Ii128x', 128, 0), bytes(8), 0) == 0"
    ),
    # memory that nobody counts
    "memory in a file without a name": filtered("call('memfd_create', b'x', 0) >= 0"),
    "shared memory without a file": filtered("len(mmap.mmap(-1, 4096)) == 4096"),
    "shared memory through a device": Attack(
        "devices", "len(mmap.mmap(os.open('/dev/zero', os.O_RDWR), 4096)) == 4096"
    ),
    "shared memory of System V": filtered("call('shmget', 0, 4096, 0o1600) >= 0"),
    "semaphores of System V": filtered("call('semget', 0, 1, 0o1600) >= 0"),
    "messages of System V": filtered("call('msgget', 0, 0o1600) >= 0"),
    "a queue of messages": filtered("call('mq_open', b'x', os.O_RDWR | os.O_CREAT, 0o600, 0) >= 0"),
    "requests for reading ahead of time": filtered("call('io_setup', 1, (ctypes.c_ulong * 1)()) >= 0"),
    "a larger buffer of a socket": filtered(
        "s, _ = socket.socketpair()\ns.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 150_000)\nTrue"
    ),
    "a larger pipe": filtered("r, _ = os.pipe()\nfcntl.fcntl(r, 1031, 2**17) >= 2**17"),
    "more open files": Attack("limits", "in_child(lambda: [os.dup(0) for _ in range(100)])"),
    "terminals, of which the machine has few": Attack("devices", "os.open('/dev/ptmx', os.O_RDWR) >= 0"),
    # namespaces
    "a user namespace": filtered(f"in_child(lambda: call('unshare', {NEW_USER | NEW_MOUNTS}) == 0)"),
    "a process in a user namespace": filtered(
        f"child = call('clone', {NEW_USER} | signal.SIGCHLD, 0, 0, 0, 0)\n"
        "if child == 0:\n    os._exit(0)\nchild > 0 and os.waitpid(child, 0)[1] == 0"
    ),
    "a process with flags in memory": filtered(
        f"flags = struct.pack('Q8x8x8xQ24x', {NEW_USER}, signal.SIGCHLD)\n"
        "child = call('clone3', flags, len(flags))\n"
        "if child == 0:\n    os._exit(0)\nchild > 0 and os.waitpid(child, 0)[1] == 0"
    ),
    # other families of sockets
    **{
        f"a socket of the family {family}": filtered(f"socket.socket(socket.{family}, {kind}).fileno() >= 0")
        for family, kind in (("AF_INET", 1), ("AF_INET6", 1), ("AF_NETLINK", 3), ("AF_VSOCK", 1))
    },
    # other processes, and parts of the kernel
    "tracing": filtered("in_child(lambda: call('ptrace', 0, 0, 0, 0) == 0)"),
    "reading another process": filtered(
        "x = ctypes.create_string_buffer(b'secret', 8)\ny = ctypes.create_string_buffer(8)\n"
        "part = lambda b: struct.pack('PP', ctypes.addressof(b), 8)\n"
        "call('process_vm_readv', os.getpid(), part(y), 1, part(x), 1, 0) == 8 and y.value == b'secret'"
    ),
    "comparing what processes share": filtered("call('kcmp', os.getpid(), os.getpid(), 2, 0, 0) == 0"),
    "another process's file": filtered("call('pidfd_getfd', os.pidfd_open(os.getpid()), 0, 0) >= 0"),
    "requests in rings": filtered("call('io_uring_setup', 4, ctypes.create_string_buffer(120)) >= 0"),
    "programs in the kernel": filtered("call('bpf', 0, bytes(64), 64) != -38"),
    "counters of the processor": filtered(
        "call('perf_event_open', struct.pack('IIQ', 1, 64, 0) + bytes(48), 0, -1, -1, 0) != -38"
    ),
    "page faults that wait": filtered("call('userfaultfd', 1) != -38"),
    "a filter of its own": filtered(
        "rule = struct.pack('HBBI', 6, 0, 0, 0x7fff0000)\n"
        "keep = ctypes.create_string_buffer(rule)\n"
        "program = struct.pack('HxxxxxxP', 1, ctypes.addressof(keep))\n"
        "in_child(lambda: call('seccomp', 1, 0, program) == 0)"
    ),
    "a filter of its own by prctl": filtered(
        "rule = struct.pack('HBBI', 6, 0, 0, 0x7fff0000)\n"
        "keep = ctypes.create_string_buffer(rule)\n"
        "program = struct.pack('HxxxxxxP', 1, ctypes.addressof(keep))\n"
        "in_child(lambda: call('prctl', 22, 2, program, 0, 0) == 0)"
    ),
    "a processor's core for itself": filtered("in_child(lambda: call('prctl', 62, 1, 0, 1, 0) != -1)"),
    "another layout of memory": filtered("in_child(lambda: call('personality', 0x40000) >= 0)"),
    # the supervisor
    "limits of the supervisor": filtered(
        "import resource\nnow = resource.prlimit(supervisor, resource.RLIMIT_STACK)\n"
        "resource.prlimit(supervisor, resource.RLIMIT_STACK, now)\nTrue"
    ),
    "the supervisor's priority": filtered("os.setpriority(os.PRIO_PROCESS, supervisor, 1)\nTrue"),
    "the supervisor's group's priority": filtered("os.setpriority(os.PRIO_PGRP, 0, 1)\nTrue"),
    "the supervisor's processor": filtered("os.sched_setaffinity(supervisor, os.sched_getaffinity(0))\nTrue"),
    "the supervisor's way of being scheduled": filtered(
        "os.sched_setscheduler(supervisor, os.SCHED_BATCH, os.sched_param(0))\nTrue"
    ),
    "stopping the supervisor": signalled(
        "os.kill(supervisor, signal.SIGSTOP)\ntime.sleep(0.1)\nstopped = state() == 'T'\n"
        "os.kill(supervisor, signal.SIGCONT)\nstopped"
    ),
    "stopping everything": signalled(
        "def stop():\n    os.kill(-1, signal.SIGSTOP)\n    time.sleep(0.1)\n    stopped = state() == 'T'\n"
        "    os.kill(-1, signal.SIGCONT)\n    return stopped\nin_child(stop)"
    ),
    **{
        f"ending the supervisor with SIG{name}": signalled(
            f"os.kill(supervisor, signal.SIG{name})\ntime.sleep(0.2)\nFalse", ends=True
        )
        for name in ("KILL", "TERM", "INT")
    },
    "ending the supervisor's group": signalled(
        "def end():\n    os.setpgid(0, os.getpgid(supervisor))\n    os.kill(supervisor, 0)\n"
        "    for s in (signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM):\n        os.kill(supervisor, s)\n"
        "os.fork() or (end(), os._exit(0))\ntime.sleep(0.3)\nFalse",
        ends=True,
    ),
    "a signal by way of a pipe": signalled(
        "r, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, supervisor)\nfcntl.fcntl(r, 10, signal.SIGKILL)\n"
        "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\nos.write(w, b'x')\n"
        "fcntl.fcntl(r, 10, 0)\nos.read(r, 1)\nos.write(w, b'x')\ntime.sleep(0.3)\nFalse",
        ends=True,
    ),
    "the supervisor's memory": hidden("open(f'/proc/{supervisor}/mem', 'r+b', 0).fileno() >= 0"),
    "where the supervisor's memory is": hidden("len(open(f'/proc/{supervisor}/maps').read()) > 0"),
    "the supervisor's open files": hidden("len(os.listdir(f'/proc/{supervisor}/fd')) > 0"),
    "a word in the supervisor's name": hidden(
        "os.open(f'/proc/{supervisor}/fd/1', os.O_WRONLY) >= 0"
    )._replace(only_where_ordinary=True),
    "the supervisor's environment": hidden("open(f'/proc/{supervisor}/environ').read() is not None"),
    "the supervisor's folder": hidden("os.listdir(f'/proc/{supervisor}/cwd') is not None"),
    "the supervisor as the first to go": hidden(
        "open(f'/proc/{supervisor}/oom_score_adj', 'w').write('1000') == 4"
    ),
}


@contextmanager
def without(layer: str | None) -> Iterator[None]:
    """The walls without one layer."""
    make = box.walls
    if layer is None:
        yield
        return
    if layer == "hidden memory":
        with changed_worker("supervisor.py", "memory.hide_memory()", "memory.show_memory()"):
            yield
        return
    allow = struct.pack("=HBBI", seccomp.RETURN, 0, 0, seccomp.ALLOW)
    patches = {
        "filter": (seccomp, "build_filter", lambda machine: allow),
        "process 1": (box, "walls", lambda *a: [word for word in make(*a) if word != "--as-pid-1"]),
        "network": (box, "walls", lambda *a: [word for word in make(*a) if word != "--unshare-net"]),
        "devices": (bubblewrap, "_devices", lambda: ["--dev", "/dev"]),
        "pressure": (bubblewrap, "_without_pressure", list),
        "limits": (box, "LIMITS", box.LIMITS | {"NOFILE": 256}),
    }
    with mock.patch.object(*patches[layer]):
        yield


@contextmanager
def changed_worker(module: str, old: str, new: str) -> Iterator[None]:
    """Sandboxes in which one passage of the worker is another."""
    library = reduced_rnnlib.library_folder(())
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "library"
        shutil.copytree(library, made, ignore=shutil.ignore_patterns("__pycache__"))
        path = made / "worker" / module
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1
        path.write_text(source.replace(old, new), encoding="utf-8")
        os.chmod(folder, 0o755)
        with mock.patch("autograder.sandbox.run.library_folder", lambda *_: made):
            yield


@contextmanager
def without_groups() -> Iterator[None]:
    """Sandboxes without a control group, as where the grader may make none."""
    with mock.patch.object(box, "control_group", lambda *_, **__: nullcontext(ControlGroup())):
        yield


def run_cells(cells: list[str]) -> tuple[list[str], str]:
    """(what each cell shows, why the run ended): a last value, an error, or ENDED where it came to none."""
    with mock.patch.object(client, "END_SECONDS", 1.0):
        ran = run_job(Job((numbers(), *cells), ()), "bwrap", Limits(cell=5.0, run=30.0))
    return [_shown(ran.outputs.get(n)) for n in range(1, len(cells) + 1)], ran.ended


def numbers() -> str:
    """The first cell: helpers, and the numbers of the calls on this machine."""
    column = list(seccomp.MACHINES).index(seccomp.machine_name())
    known = {name: pair[column] for calls in seccomp_calls.REFUSED.values() for name, pair in calls.items()}
    known |= {name: pair[column] for name, pair in seccomp_calls.PRETENDED.items()}
    known |= {name: looked.numbers[column] for name, looked in seccomp_calls.LOOKED_AT.items()}
    return PRELUDE.replace("NUMBERS = {}", f"NUMBERS = {known!r}") + "import numpy as np\n"


def _shown(outputs: list | None) -> str:
    if outputs is None:
        return ENDED
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"
    return "".join(o["data"]["text/plain"] for o in outputs if o["output_type"] == "display_data")


def outcomes(layer: str | None = None) -> dict[str, str]:
    """{attack: HELD, BROKEN or ENDED, and what was shown}: all of them, or those that a layer stops."""
    attacks = {name: a for name, a in ATTACKS.items() if layer in (None, a.layer)}
    with other_side(), without(layer):
        before = [attack.prepares for attack in attacks.values() if attack.prepares]
        if before:
            run_cells(before)
        alone = {name for name, attack in attacks.items() if attack.ends and layer}
        together = [name for name in attacks if name not in alone]
        shown = dict(zip(together, run_cells([attacks[name].source for name in together])[0]))
        for name in alone:
            shown |= {name: run_cells([attacks[name].source])[0][0]}
    return {name: f"{_outcome(said)} ({said})" for name, said in shown.items()}


def _outcome(said: str) -> str:
    return ENDED if said == ENDED else BROKEN if said == "True" else HELD


@contextmanager
def other_side() -> Iterator[None]:
    """The machine that the attacks would meet: a lock, a socket, a port."""
    with open(LOCKED) as locked, socket.socket(socket.AF_UNIX) as listener:
        fcntl.flock(locked, fcntl.LOCK_SH)  # which several runs of the tests can have at once
        listener.bind(f"\0{TAG}")
        listener.listen()
        with suppress(OSError), socket.socket(socket.AF_VSOCK) as port:
            port.bind((socket.VMADDR_CID_ANY, VSOCK_PORT))
            port.listen()
            yield
            return
        yield


LAYERS = tuple(dict.fromkeys(attack.layer for attack in ATTACKS.values()))


if __name__ == "__main__":
    print(json.dumps({str(layer): outcomes(layer) for layer in (None, *LAYERS)}))
