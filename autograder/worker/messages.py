"""Messages between the judging side and the sandbox: a length, a JSON text, an .npz of its arrays.

Whatever comes out of a sandbox may be forged.  Nothing is unpickled, and no array is made before
its size has been compared with the number of bytes that came.
"""

import hashlib
import io
import json
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .numeric import AnyArray, numbers_in, of_numbers

LARGEST_ARRAY = 1_000_000  # entries; of a larger array only the shape is sent
LARGEST_MESSAGE = 64 * 2**20  # bytes
LARGEST_TEXT = 2 * 2**20  # bytes of it that are JSON: reading more would keep the other submissions waiting
LONGEST_STRING = 100_000  # characters; what a cell shows is cut before
MOST_PARTS = 20_000  # values in one nested answer
READY, ENDED, LARGE = b"READY\n", b"ENDED\n", b"LARGE\n"  # what the supervisor says, in six bytes each

Functions = list[Callable[..., Any]]
Numbered = dict[int, AnyArray]
FunctionOf = Callable[[int], Any]  # gives what stands for the n-th function of a message


class BadMessage(ValueError):
    """Something arrived that no worker sends: too large, or not what it says it is."""


class Opaque:
    """Stands for an object that was not sent: `said` describes it, `shape` is that of an array."""

    def __init__(self, said: str, shape: tuple[int, ...] | None = None) -> None:
        self.said, self.shape = said, shape


def pack_message(value: object, functions: Functions | None = None) -> bytes:
    """`value` as the bytes of a message.

    functions: a list to which the functions in `value` are appended; with None, functions are described
    like any other object.
    """
    arrays: list[AnyArray] = []
    text = json.dumps(_tree_of(value, arrays, functions, [MOST_PARTS])).encode()
    buffer = io.BytesIO()
    if arrays:
        named: dict[str, Any] = {str(i): array for i, array in enumerate(arrays)}
        np.savez(buffer, **named)
    blob = buffer.getvalue()
    return struct.pack(">QI", 4 + len(text) + len(blob), len(text)) + text + blob


def _tree_of(
    value: Any, arrays: list[AnyArray], functions: Functions | None, left: list[int]
) -> dict[str, Any]:
    """`value` as a tree that JSON can hold: each node is a dict whose first key says what it is.

    arrays: a list to which the arrays in it are appended; the tree refers to them by number.
    left: [how many more nodes there may be], counted down.
    """
    left[0] -= 1
    if left[0] < 0:
        return {"opaque": f"a {type(value).__name__} of more than {MOST_PARTS} parts"}
    if value is None or type(value) in (bool, float):
        return {"value": value}
    if type(value) is str:
        return {"value": value} if len(value) <= LONGEST_STRING else {"opaque": "a text that is too long"}
    if type(value) is int:
        return {"value": value} if abs(value) < 10**30 else {"opaque": "an integer of more than 30 digits"}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.ndarray | np.generic):
        return _array_node(np.array(value, subok=False), arrays)
    if isinstance(value, Mapping):
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return {"dict": [[str(k), _tree_of(v, arrays, functions, left)] for k, v in list(items)]}
    kind: Any = type(value)
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        where = [kind.__module__, kind.__qualname__]
        parts = [[name, _tree_of(v, arrays, functions, left)] for name, v in zip(kind._fields, value)]
        return {"fields": parts, "of": where}
    if isinstance(value, tuple | list):
        form = "tuple" if isinstance(value, tuple) else "list"
        if len(value) > 50:  # long lists of numbers are sent as arrays
            array = numbers_in(value)
            if array is not None:
                return _array_node(array, arrays) | {"was": form}
        return {form: [_tree_of(v, arrays, functions, left) for v in value]}
    if callable(value) and functions is not None:
        functions.append(value)
        return {"function": len(functions) - 1}
    array = numbers_in(value)  # a deque, an array.array, and what else NumPy can read
    if array is not None:
        return _array_node(array, arrays)
    return {"opaque": f"of type {type(value).__name__[:60]}"}


def _array_node(array: AnyArray, arrays: list[AnyArray]) -> dict[str, Any]:
    """The node of an array, which is appended to `arrays`; a description of one that cannot be sent."""
    if array.dtype == object and array.size <= LARGEST_ARRAY:
        array = of_numbers(array)
    if array.dtype.kind not in "biufc":
        return {"opaque": f"an array of shape {array.shape} and dtype {array.dtype}"}
    if array.size > LARGEST_ARRAY:
        return {"shape": list(array.shape), "dtype": array.dtype.str}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def fingerprint(value: object, functions: Functions) -> str:
    """A short name for the content of a value; the functions in it are appended to `functions`."""
    return hashlib.sha256(pack_message(value, functions)).hexdigest()[:16]


def unpack_message(payload: bytes, function: FunctionOf | None = None, restore: bool = False) -> Any:
    """The value of a message's payload.

    function(n): what stands for the n-th function in it.  restore: NamedTuples become the class
    they say, which is imported; only for messages from the judging side.  Raises BadMessage.
    """
    (length,) = struct.unpack(">I", payload[:4])
    text, blob = payload[4 : 4 + length], payload[4 + length :]
    if len(text) > LARGEST_TEXT:
        raise BadMessage(f"a message with {len(text)} bytes of text")
    try:
        return _value_of(json.loads(text), _arrays_in(blob), function, restore, [2 * MOST_PARTS])
    except BadMessage:
        raise
    except Exception as error:  # a forged message may be anything
        raise BadMessage(f"an unreadable message: {type(error).__name__}") from None


def _value_of(
    tree: dict[str, Any], arrays: Numbered, function: FunctionOf | None, restore: bool, left: list[int]
) -> Any:
    """The value that `_tree_of` has made this tree of.  Raises BadMessage, or anything for a forged tree.

    arrays: each is taken out, as one at many places would be copied.  left: [how many more], counted down.
    """
    left[0] -= 1
    if left[0] < 0:
        raise BadMessage("a message of too many parts")

    def inner(part: dict[str, Any]) -> Any:
        return _value_of(part, arrays, function, restore, left)

    ((kind, body), *_) = tree.items()
    if kind == "value":
        if isinstance(body, dict | list) or len(str(body)) > LONGEST_STRING:
            raise BadMessage("a value that is none")
        return _whole(body) if isinstance(body, str) else body
    if kind == "complex":
        return complex(*body)
    if kind == "array":
        return arrays.pop(body).tolist() if "was" in tree and restore else arrays.pop(body)
    if kind == "shape":
        shape = tuple(int(n) for n in body)
        if min(shape, default=0) < 0:
            raise BadMessage("an array that is not what it says")
        return Opaque(f"an array of shape {shape}"[:200], shape)
    if kind == "dict":
        return {_whole(str(key)): inner(part) for key, part in body}
    if kind == "fields":
        parts = {_whole(str(name)): inner(part) for name, part in body}
        return _class_called(*tree["of"])(**parts) if restore else parts
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(inner(part) for part in body)
    if kind == "function" and function is not None:
        return function(body)
    return Opaque(_whole(str(body)[:200]))


def _whole(text: str) -> str:
    """A text without half characters, which JSON can hold but no file in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _class_called(module: str, name: str) -> Any:
    return getattr(__import__(module, fromlist=[name]), name)


def _arrays_in(blob: bytes) -> Numbered:
    """The arrays of an .npz by number; sizes are compared with the bytes that came before any is made."""
    if not blob:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            members = archive.infolist()
            stored = all(m.compress_type == zipfile.ZIP_STORED for m in members)
            if not stored or sum(m.file_size for m in members) > len(blob):  # as members can share bytes
                raise BadMessage("an archive that holds more than it has bytes")
            return {i: _read_array(archive.read(f"{i}.npy")) for i in range(len(members))}
    except (zipfile.BadZipFile, EOFError, OSError, struct.error) as error:
        raise BadMessage(f"an unreadable archive: {type(error).__name__}") from None


def _read_array(data: bytes) -> AnyArray:
    """The array of a file in NumPy's format .npy."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream, max_header_size=2000)
    body = data[stream.tell() :]
    count = 1
    for n in shape:
        count *= n
    fits = 0 <= count <= LARGEST_ARRAY and count * dtype.itemsize == len(body)
    if dtype.kind not in "biufc" or not fits:
        raise BadMessage("an array that is not what it says")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C").copy()


def send_message(sock: socket.socket, message: bytes) -> None:
    """Sends a whole message."""
    sock.sendall(message)


def receive_message(
    sock: socket.socket, limit: int = LARGEST_MESSAGE, until: float | None = None
) -> bytes | None:
    """The next message's payload; None at the end of the stream.

    limit: bytes that it may have; BadMessage if it says that it has more.  until: the time.monotonic()
    at which all of it must have come; TimeoutError if it has not.
    """
    head = _receive_exactly(sock, 8, until)
    if head is None:
        return None
    (length,) = struct.unpack(">Q", head)
    if not 4 <= length <= limit:
        raise BadMessage(f"a message of {length} bytes")
    return _receive_exactly(sock, length, until)


def _receive_exactly(sock: socket.socket, count: int, until: float | None) -> bytes | None:
    parts = []
    while count:
        if until is not None:  # for the whole message: bytes that come one by one must not extend the time
            if time.monotonic() >= until:  # or what waits already would be read for ever
                raise TimeoutError
            sock.settimeout(max(until - time.monotonic(), 0.001))
        part = sock.recv(min(count, 2**20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
