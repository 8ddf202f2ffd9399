"""Messages between the judging side and the sandbox: a length, a JSON text, the bytes of its arrays.

Whatever comes out of a sandbox may be forged.  Nothing is unpickled, and every array has bytes of its own
among those that came, one after another in the order of the text: no message unfolds to more than it has.
"""

import hashlib
import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .numeric import AnyArray, numbers_in, of_numbers

LARGEST_ARRAY = 250_000  # entries; of a larger array only the shape is sent
LARGEST_ARRAYS = 4 * 2**20  # bytes of all arrays in a message; of those beyond, too
LARGEST_MESSAGE = 8 * 2**20  # bytes
LARGEST_TEXT = 2 * 2**20  # bytes of it that are JSON: reading more would keep the other submissions waiting
LONGEST_STRING = 100_000  # characters; what a cell shows is cut before
MOST_PARTS = 20_000  # values in one nested answer
READY, ENDED, LARGE = b"READY\n", b"ENDED\n", b"LARGE\n"  # what the supervisor says, in six bytes each

Functions = list[Callable[..., Any]]
FunctionOf = Callable[[int], Any]  # gives what stands for the n-th function of a message


class BadMessage(ValueError):
    """Something arrived that no worker sends: too large, or not what it says it is."""


class TooLong(BadMessage):
    """A message is longer than it may be; nothing of it has been read."""


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
    text = json.dumps(_tree_of(value, arrays, functions, [MOST_PARTS, LARGEST_ARRAYS])).encode()
    blob = b"".join(array.tobytes() for array in arrays)
    return struct.pack(">QI", 4 + len(text) + len(blob), len(text)) + text + blob


def _tree_of(
    value: Any, arrays: list[AnyArray], functions: Functions | None, left: list[int]
) -> dict[str, Any]:
    """`value` as a tree that JSON can hold: each node is a dict whose first key says what it is.

    arrays: a list to which the arrays in it are appended.  left: [how many more nodes there may be, how many
    more bytes of arrays], counted down.
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
        return _array_node(np.asarray(value), arrays, left)
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
        if len(value) > 50 and not _is_large(value):  # long lists of numbers are sent as arrays
            array = numbers_in(value)
            if array is not None:
                return _array_node(array, arrays, left) | {"was": form}
        return {form: [_tree_of(v, arrays, functions, left) for v in value]}
    if callable(value) and functions is not None:
        functions.append(value)
        return {"function": len(functions) - 1}
    array = numbers_in(value)  # a deque, an array.array, and what else NumPy can read
    if array is not None:
        return _array_node(array, arrays, left)
    return {"opaque": f"of type {type(value).__name__[:60]}"}


def _is_large(values: tuple[Any, ...] | list[Any]) -> bool:
    """Whether a list of arrays is too large for one array."""
    first = values[0]
    return isinstance(first, np.ndarray) and first.size * len(values) > LARGEST_ARRAY


def _array_node(array: AnyArray, arrays: list[AnyArray], left: list[int]) -> dict[str, Any]:
    """The node of an array, which is appended to `arrays`; a description of one that cannot be sent.

    left: see `_tree_of`.
    """
    if array.dtype == object and array.size <= LARGEST_ARRAY:
        array = of_numbers(array)
    if array.dtype.kind not in "biufc":
        return {"opaque": f"an array of shape {array.shape} and dtype {array.dtype}"}
    if array.size > LARGEST_ARRAY or array.nbytes > left[1]:
        return {"shape": list(array.shape), "dtype": array.dtype.str}
    left[1] -= array.nbytes
    arrays.append(array)
    return {"array": [array.dtype.str, list(array.shape)]}


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
        arrays = Arrays(blob)
        value = _value_of(json.loads(text), arrays, function, restore, [2 * MOST_PARTS])
        arrays.must_be_empty()
        return value
    except BadMessage:
        raise
    except Exception as error:  # a forged message may be anything
        raise BadMessage(f"an unreadable message: {type(error).__name__}") from None


def _value_of(
    tree: dict[str, Any], arrays: "Arrays", function: FunctionOf | None, restore: bool, left: list[int]
) -> Any:
    """The value that `_tree_of` has made this tree of.  Raises BadMessage, or anything for a forged tree.

    left: [how many more], counted down.
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
        array = arrays.take(*body)
        return array.tolist() if "was" in tree and restore else array
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


class Arrays:
    """The arrays of a message, out of the bytes that came for them."""

    def __init__(self, blob: bytes) -> None:
        self._blob, self._at = blob, 0

    def take(self, dtype_name: str, shape: list[int]) -> AnyArray:
        """The next array; raises BadMessage where it is none of numbers, or its bytes did not come."""
        dtype, count = np.dtype(str(dtype_name)[:20]), 1
        for n in shape:
            count *= n
        begin, self._at = self._at, self._at + count * dtype.itemsize
        is_whole = type(count) is int and 0 <= count <= LARGEST_ARRAY and self._at <= len(self._blob)
        if dtype.kind not in "biufc" or not is_whole:
            raise BadMessage("an array that is not what it says")
        return np.frombuffer(self._blob, dtype, count, begin).reshape(shape).copy()

    def must_be_empty(self) -> None:
        """Raises BadMessage where bytes are left."""
        if self._at != len(self._blob):
            raise BadMessage("bytes that belong to no array")


def send_message(sock: socket.socket, message: bytes) -> None:
    """Sends a whole message."""
    sock.sendall(message)


def receive_message(
    sock: socket.socket, limit: int = LARGEST_MESSAGE, until: float | None = None
) -> bytes | None:
    """The next message's payload; None at the end of the stream.

    limit: bytes that it may have; TooLong if it says that it has more.  until: the time.monotonic()
    at which all of it must have come; TimeoutError if it has not.
    """
    head = _receive_exactly(sock, 8, until)
    if head is None:
        return None
    (length,) = struct.unpack(">Q", head)
    if length > limit:
        raise TooLong(f"a message of {length} bytes")
    if length < 4:
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
