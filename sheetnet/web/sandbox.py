"""Takes files, the network, other programs and other processes away from the process that runs it, where Linux can.

Landlock (kernel 5.13) leaves the paths that are named, and Python's own modules to be read; a seccomp filter refuses the
system calls that reach the network, start a program or touch another process. Neither can be undone. Both are asked by
their numbers, which docs.kernel.org/userspace-api/landlock.html and each architecture's table of system calls give.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_ASK_VERSION, _PATH_BENEATH = 1, 1
WRITE_FILE, READ_FILE, READ_DIR, REMOVE_FILE, MAKE_REG, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
# Version of Landlock → how many kinds of access to files it knows; from 4 on also TCP, from 6 on signals and sockets.
_KINDS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_KINDS, _TCP, _SCOPES = 16, 0b11, 0b11
_TCP_SINCE, _SCOPES_SINCE, _TRUNCATE_SINCE = 4, 6, 3

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER, _GET_SECCOMP, _DIE_WITH_PARENT, _SIGKILL = 38, 22, 2, 21, 1, 9
# socket socketpair connect bind listen sendto sendmsg · clone fork vfork execve · kill tkill ptrace setsid setpgid
# rt_sigqueueinfo process_vm_readv process_vm_writev · unshare setns mount bpf perf_event_open userfaultfd keyctl
_X86_64 = (41, 53, 42, 49, 50, 44, 46, 56, 57, 58, 59, 62, 200, 101, 112, 109, 129, 310, 311, 272, 308, 165, 321, 298,
    323, 250)  # fmt: skip
_AARCH64 = (198, 199, 203, 200, 201, 206, 211, 220, 221, 129, 130, 117, 157, 154, 138, 270, 271, 97, 268, 40, 280, 241,
    282, 219)  # fmt: skip
# execveat, which has a number of its own, then: pidfd_send_signal io_uring_setup io_uring_enter pidfd_open clone3
_EVERYWHERE = (424, 425, 426, 434, 435)
_MACHINES = {"x86_64": (0xC000003E, (*_X86_64, 322)), "aarch64": (0xC00000B7, (*_AARCH64, 281))}
_X32 = 0x40000000  # from here on system calls of another ABI of x86_64
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # refused: EPERM


def landlock_version() -> int:
    """The version of Landlock here; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    version: int = _library().syscall(CREATE_RULESET, None, 0, _ASK_VERSION)
    return max(0, version)


def has_seccomp() -> bool:
    """Whether system calls can be filtered here."""
    return (
        sys.platform == "linux" and platform.machine() in _MACHINES and _library().prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0
    )


def die_with_parent() -> None:
    """Let the kernel end this process with its parent, on Linux."""
    if sys.platform == "linux":
        _library().prctl(_DIE_WITH_PARENT, _SIGKILL, 0, 0, 0)


def confine(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Leave this process, for good, the files `reads`, the folders `writes` and Python's own modules, and no network.

    Where the system has neither Landlock nor seccomp nothing is taken away. Raises OSError where it fails to.
    """
    version, filtered = landlock_version(), has_seccomp()
    if version or filtered:
        _checked(_library().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    if version:
        _restrict_files(version, reads, writes)
    if filtered:
        _restrict_calls()


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "the process could not be confined")
    return result


def _restrict_files(version: int, reads: Iterable[str], writes: Iterable[str]) -> None:
    kinds = (1 << _KINDS.get(version, _NEWEST_KINDS)) - 1
    tcp = _TCP if version >= _TCP_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    words = struct.pack("=QQQ", kinds, tcp, scopes)[: 8 * (1 + bool(tcp) + bool(scopes))]
    library = _library()
    ruleset = _checked(library.syscall(CREATE_RULESET, words, ctypes.c_size_t(len(words)), 0))
    change = (
        WRITE_FILE | READ_FILE | READ_DIR | REMOVE_FILE | MAKE_REG | (TRUNCATE if version >= _TRUNCATE_SINCE else 0)
    )
    rules = [(path, READ_FILE | READ_DIR) for path in _modules()]
    rules += [(path, READ_FILE) for path in reads] + [(path, change) for path in writes]
    for path, allowed in rules:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", allowed, place)
        _checked(library.syscall(ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
        os.close(place)
    _checked(library.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _modules() -> list[str]:
    """The folders of Python's modules and of this package, which hold nothing of anybody's; what may be imported late."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    found = {os.path.realpath(sysconfig.get_path(name)) for name in names}
    package = Path(__file__).parent.parent
    found |= {str(place) for place in (package, package.parent / "templates") if place.is_dir()}
    return sorted(place for place in found if Path(place).is_dir())


def _restrict_calls() -> None:
    architecture, own = _MACHINES[platform.machine()]
    refused = sorted({*own, *_EVERYWHERE})
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps.append((_AT_LEAST, len(refused) + 1, 0, _X32))
    steps += [(_EQUAL, len(refused) - at, 0, number) for at, number in enumerate(refused)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    header = struct.pack("@HP", len(steps), ctypes.addressof(program))
    _checked(_library().prctl(_SET_SECCOMP, _FILTER, header, 0, 0))
