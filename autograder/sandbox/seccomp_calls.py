"""The system calls that student code may not make, with their numbers on both architectures.

Numbers are from the kernel's headers (`unistd_64.h`, and `asm-generic/unistd.h` for aarch64); None
where an architecture lacks the call.  A test compares them with the headers.
"""

import errno
from typing import NamedTuple

Numbers = tuple[int | None, int | None]  # on x86_64, on aarch64

NEWEST = 462  # `mseal`: calls added to Linux later are refused, as nobody has looked at them here

# These fail with ENOSYS, as on a kernel that lacks them: libraries know what to do then.
REFUSED: dict[str, dict[str, Numbers]] = {
    "keyrings, which outlive a sandbox and are shared by all of them": {
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
    },
    "namespaces and mounts": {
        "clone3": (435, 435),  # its flags lie in memory, where no filter reads; libraries fall back to clone
        "setns": (308, 268),
        "chroot": (161, 51),
        "pivot_root": (155, 41),
        "mount": (165, 40),
        "umount2": (166, 39),
        "mount_setattr": (442, 442),
        "move_mount": (429, 429),
        "open_tree": (428, 428),
        "fsopen": (430, 430),
        "fspick": (433, 433),
    },
    "other processes' memory, files and shares of the machine": {
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "process_madvise": (440, 440),
        "process_mrelease": (448, 448),
        "pidfd_getfd": (438, 438),
        "kcmp": (312, 272),
        "migrate_pages": (256, 238),
        "move_pages": (279, 239),
        "ioprio_set": (251, 30),
    },
    "memory and queues that belong to no process": {
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
        "shmget": (29, 194),
        "semget": (64, 190),
        "msgget": (68, 186),
        "mq_open": (240, 180),
        "io_setup": (206, 0),
    },
    "parts of the kernel that no lesson needs": {
        "bpf": (321, 280),
        "io_uring_setup": (425, 425),
        "modify_ldt": (154, None),
        "perf_event_open": (298, 241),
        "personality": (135, 92),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        "seccomp": (317, 277),
        "syslog": (103, 116),
        "userfaultfd": (323, 282),
    },
    "what others do with the same files": {
        "inotify_init": (253, None),
        "inotify_init1": (294, 26),
        "fanotify_init": (300, 262),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        "mincore": (27, 232),
        "cachestat": (451, 451),
        "preadv2": (327, 286),  # it can tell whether a page of a file is in memory; preadv remains
    },
}

# These do nothing and report success.  Two sandboxes could talk by locks on a file of the system, which
# SQLite needs, though not here: a submission has its files for itself.  The others are advice on what
# the whole machine holds in memory.
PRETENDED: dict[str, Numbers] = {
    "flock": (73, 32),
    "fadvise64": (221, 223),
    "readahead": (187, 213),
    "sync": (162, 81),
    "syncfs": (306, 267),
}


class Equal(NamedTuple):
    """Refused where argument `arg`, of which only the bits of `mask` count, is one of `values`."""

    arg: int
    values: tuple[int, ...]
    error: int = errno.EPERM
    mask: int = 0xFFFFFFFF


class AnyBit(NamedTuple):
    """Refused where argument `arg` has one of the bits of `mask`."""

    arg: int
    mask: int
    error: int = errno.EPERM


class Differs(NamedTuple):
    """Refused where argument `arg` is not `value`."""

    arg: int
    value: int
    error: int = errno.EPERM


class Looked(NamedTuple):
    """A call that is refused for some arguments: where one of the tests says so."""

    numbers: Numbers
    tests: tuple[Equal | AnyBit | Differs, ...]


AF_UNIX = 1
SOL_SOCKET = 1
MAP_SHARED, MAP_ANONYMOUS, MAP_HUGETLB = 0x01, 0x20, 0x40000
NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NEW_TIME = 0x80  # only for unshare; in the flags of clone it would be a signal
LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW: pretended, as flock
REQUESTS = (1024, 1026, 1031)  # F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ
BUFFERS = (7, 8, 32, 33, 73)  # SO_SNDBUF, SO_RCVBUF, the two with FORCE, SO_RESERVE_MEM
FILTERS = (26, 50, 51, 52)  # SO_ATTACH_FILTER, SO_ATTACH_BPF, the two of SO_REUSEPORT
ADVICE = (12, 20, 21)  # MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT
SETTINGS = (22, 62, 67)  # PR_SET_SECCOMP, PR_SCHED_CORE (half a core lies idle), PR_SET_MEMORY_MERGE
OWN_PROCESS = Differs(0, 0)  # the number 0 means the caller

LOOKED_AT: dict[str, Looked] = {
    "clone": Looked((56, 220), (AnyBit(0, NEW_NAMESPACE),)),
    "unshare": Looked((272, 97), (AnyBit(0, NEW_NAMESPACE | NEW_TIME),)),
    "socket": Looked((41, 198), (Differs(0, AF_UNIX, errno.EAFNOSUPPORT),)),
    "socketpair": Looked((53, 199), (Differs(0, AF_UNIX, errno.EAFNOSUPPORT),)),
    # the level, argument 1, does not matter: no other level knows AF_UNIX
    "setsockopt": Looked((54, 208), (Equal(2, BUFFERS + FILTERS),)),
    "fcntl": Looked((72, 25), (Equal(1, LOCKS, 0), Equal(1, REQUESTS))),
    # pages that are neither in a file nor in anybody's page table
    "mmap": Looked(
        (9, 222),
        (Equal(3, (MAP_SHARED | MAP_ANONYMOUS,), mask=MAP_SHARED | MAP_ANONYMOUS), AnyBit(3, MAP_HUGETLB)),
    ),
    "madvise": Looked((28, 233), (Equal(2, ADVICE, errno.EINVAL),)),
    "prctl": Looked((157, 167), (Equal(0, SETTINGS),)),
    "prlimit64": Looked((302, 261), (OWN_PROCESS,)),
    "setpriority": Looked((141, 140), (OWN_PROCESS, Differs(1, 0))),
    "sched_setaffinity": Looked((203, 122), (OWN_PROCESS,)),
    "sched_setattr": Looked((314, 274), (OWN_PROCESS,)),
    "sched_setparam": Looked((142, 118), (OWN_PROCESS,)),
    "sched_setscheduler": Looked((144, 119), (OWN_PROCESS,)),
}
