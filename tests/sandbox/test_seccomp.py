"""The filter of system calls: its tables are the kernel's, and its program does what they say."""

import errno
import re
import struct
from pathlib import Path

import pytest

from autograder.sandbox import seccomp
from autograder.sandbox.seccomp_calls import LOOKED_AT, NEWEST, PRETENDED, REFUSED, AnyBit, Differs, Equal

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
ENOSYS = seccomp.ERROR | errno.ENOSYS
CALLS = {name: numbers for calls in (*REFUSED.values(), PRETENDED) for name, numbers in calls.items()}
CALLS |= {name: looked.numbers for name, looked in LOOKED_AT.items()}


def numbers_in(header):
    """{name of a call: its number} as a header of the kernel defines them."""
    defined = dict(re.findall(r"^#define\s+(__NR\w+)\s+(\w+)", header, re.M))
    numbers = {}
    for name, value in defined.items():
        while value in defined:
            value = defined[value]
        if value.isdigit() and name != "__NR_syscalls":  # how many there are
            numbers[name.removeprefix("__NR_")] = int(value)
    return numbers


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_the_numbers_are_those_of_the_kernels_headers(machine):
    path = next((Path(p) for p in HEADERS[machine] if Path(p).exists()), None)
    if path is None:
        pytest.skip(f"the kernel's headers for {machine} are not installed: {HEADERS[machine][0]}")
    known = numbers_in(path.read_text(encoding="utf-8"))
    assert len(known) > 300
    column = list(seccomp.MACHINES).index(machine)
    newest = max(known.values())
    for name, numbers in CALLS.items():
        if name not in known and numbers[column] is not None:
            assert numbers[column] > newest, f"{name} is not in {path}"
            continue
        assert numbers[column] == known.get(name), name


def run_filter(machine, number, arguments=(), arch=None):
    """What the filter returns for a system call: a machine for classic BPF, as far as the filter uses it."""
    arguments = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch or seccomp.MACHINES[machine], 0, *arguments)
    program = list(struct.iter_unpack("=HBBI", seccomp.build_filter(machine)))
    at = accumulator = 0
    while True:
        operation, if_true, if_false, constant = program[at]
        at += 1
        if operation == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, constant)
        elif operation == seccomp.AND:
            accumulator &= constant
        elif operation == seccomp.RETURN:
            return constant
        else:
            holds = {
                seccomp.IF_EQUAL: accumulator == constant,
                seccomp.IF_GREATER: accumulator > constant,
                seccomp.IF_BITS: bool(accumulator & constant),
            }[operation]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_what_the_tables_refuse_is_refused_and_the_rest_is_not(machine):
    column = list(seccomp.MACHINES).index(machine)
    refused = {numbers[column] for calls in REFUSED.values() for numbers in calls.values()}
    pretended = {numbers[column] for numbers in PRETENDED.values()}
    looked = {call.numbers[column] for call in LOOKED_AT.values()}
    for number in range(NEWEST + 1):
        if number not in looked:
            want = ENOSYS if number in refused else seccomp.ERROR if number in pretended else seccomp.ALLOW
            assert run_filter(machine, number) == want, number


@pytest.mark.parametrize("machine", seccomp.MACHINES)
@pytest.mark.parametrize("name", LOOKED_AT)
def test_arguments_are_looked_at(machine, name):
    column = list(seccomp.MACHINES).index(machine)
    number = LOOKED_AT[name].numbers[column]
    for test in LOOKED_AT[name].tests:
        good, bad = [1] * 6, []
        for other in LOOKED_AT[name].tests:  # arguments that pass all tests, and then each that does not
            if isinstance(other, Differs):
                good[other.arg] = other.value
            else:
                good[other.arg] = 0
        if isinstance(test, Equal):
            bad = [*test.values]
        elif isinstance(test, AnyBit):
            bad = [1 << bit for bit in range(32) if test.mask >> bit & 1]
        else:
            bad = [test.value ^ 1, test.value ^ 2**31]
        assert run_filter(machine, number, good) == seccomp.ALLOW
        for value in bad:
            arguments = [value if n == test.arg else given for n, given in enumerate(good)]
            assert run_filter(machine, number, arguments) == seccomp.ERROR | test.error


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_other_kinds_of_calls_are_missing(machine):
    other = next(arch for name, arch in seccomp.MACHINES.items() if name != machine)
    assert run_filter(machine, 1) == seccomp.ALLOW
    assert run_filter(machine, 1, arch=other) == run_filter(machine, 1, arch=0x40000003) == ENOSYS  # i386
    assert run_filter(machine, 1 | 1 << 30) == run_filter(machine, NEWEST + 1) == ENOSYS  # x32, newer calls


def test_every_call_stands_in_one_table_only():
    names = [name for calls in (*REFUSED.values(), PRETENDED, LOOKED_AT) for name in calls]
    assert len(names) == len(set(names)) == len(CALLS)
