"""The seccomp filter: a program that the kernel runs before each system call of student code.

It is written here in the kernel's own form (classic BPF, see seccomp(2)), which needs no library, and
bubblewrap installs it.
"""

import errno
import os
import platform
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from .seccomp_calls import LOOKED_AT, NEWEST, PRETENDED, REFUSED, AnyBit, Differs, Equal

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
LOAD, AND, RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
IF_EQUAL, IF_GREATER, IF_BITS = 0x15, 0x25, 0x45  # BPF_JMP with JEQ, JGT, JSET, and K
ALLOW, ERROR = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; an argument has 8 bytes

Instruction = tuple[int, int, int, int]  # operation, jump if true, jump if false, constant


def machine_name() -> str:
    """The architecture of this machine as MACHINES names it, or another name."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)


def filter_problem() -> str:
    """Why there is no filter for this machine, in a sentence; "" when there is one."""
    name = machine_name()
    if name in MACHINES and struct.calcsize("P") == 8:
        return ""
    known = " and ".join(MACHINES)
    return f"its filter of system calls has tables for 64-bit {known} only, and this is {name}."


def build_filter(machine: str) -> bytes:
    """The filter's program for one of MACHINES.

    Calls of another architecture or of x32, and calls newer than the tables, fail with ENOSYS.
    """
    missing, done = (RETURN, 0, 0, ERROR | errno.ENOSYS), (RETURN, 0, 0, ERROR | 0)
    column = list(MACHINES).index(machine)
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (IF_EQUAL, 1, 0, MACHINES[machine]),
        missing,
        (LOAD, 0, 0, NUMBER),
        (IF_GREATER, 0, 1, NEWEST),  # the numbers of x32 start at 2**30
        missing,
    ]
    for calls in REFUSED.values():
        for numbers in calls.values():
            program += _block(numbers[column], [missing])
    for numbers in PRETENDED.values():
        program += _block(numbers[column], [done])
    for looked in LOOKED_AT.values():
        tests = [step for test in looked.tests for step in _test(test)]
        program += _block(looked.numbers[column], [*tests, (RETURN, 0, 0, ALLOW)])
    program.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in program)


def _block(number: int | None, steps: list[Instruction]) -> list[Instruction]:
    """Steps for one call, which end with a return; other calls jump over them."""
    return [] if number is None else [(IF_EQUAL, 0, len(steps), number), *steps]


def _test(test: Equal | AnyBit | Differs) -> list[Instruction]:
    """Steps that return an error where the test refuses.

    Only the lower half of an argument is read: the kernel itself reads no more of all that are tested.
    """
    load: Instruction = (LOAD, 0, 0, ARGUMENTS + 8 * test.arg)
    refuse: Instruction = (RETURN, 0, 0, ERROR | test.error)
    if isinstance(test, AnyBit):
        return [load, (IF_BITS, 0, 1, test.mask), refuse]
    if isinstance(test, Differs):
        return [load, (IF_EQUAL, 1, 0, test.value), refuse]
    steps = [load, (AND, 0, 0, test.mask)]
    for value in test.values:
        steps += [(IF_EQUAL, 0, 1, value), refuse]
    return steps


@contextmanager
def filter_pipe() -> Iterator[int]:
    """A descriptor from which bubblewrap can read the filter of this machine."""
    read, write = os.pipe()
    try:
        with os.fdopen(write, "wb") as file:
            file.write(build_filter(machine_name()))
        yield read
    finally:
        os.close(read)
