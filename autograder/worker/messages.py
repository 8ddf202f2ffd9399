"""Messages between the judging side and the sandbox: a length, a JSON text, an .npz of its arrays.

Whatever comes out of a sandbox may be forged.  Nothing is unpickled, and no array is made before
its size has been compared with the bytes that are there.
"""

import hashlib
import io
import json
import struct
import time
import zipfile
from collections.abc import Mapping

import numpy as np

LARGEST_ARRAY = 1_000_000  # entries; larger ones leave as their shape only
LARGEST_MESSAGE = 64 * 2**20  # bytes
LARGEST_TEXT = 2 * 2**20  # bytes of it that are JSON: reading more would keep the other submissions waiting
LONGEST_STRING = 100_000  # characters; what a cell shows is cut before
MOST_PARTS = 20_000  # values in one nested answer
READY, ENDED, LARGE = b"READY\n", b"ENDED\n", b"LARGE\n"  # what the supervisor says, in six bytes each


class BadMessage(ValueError):
    """Something arrived that no worker sends: too large, or not what it says it is."""


class Opaque:
    """Stands for an object that did not cross: `said` describes it, `shape` is that of an array."""

    def __init__(self, said, shape=None):
        self.said, self.shape = said, shape


def pack_message(value, call=None):
    """`value` as the bytes of a message.  call: list to which functions in it are appended."""
    arrays = []
    text = json.dumps(_tree(value, arrays, call, [MOST_PARTS])).encode()
    buffer = io.BytesIO()
    if arrays:
        np.savez(buffer, **{str(i): array for i, array in enumerate(arrays)})
    blob = buffer.getvalue()
    return struct.pack(">QI", 4 + len(text) + len(blob), len(text)) + text + blob


def _tree(value, arrays, call, left):
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
        return _array(np.array(value, subok=False), arrays)
    if isinstance(value, Mapping):
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return {"dict": [[str(k), _tree(v, arrays, call, left)] for k, v in list(items)]}
    if isinstance(value, tuple) and hasattr(type(value), "_fields"):
        where = [type(value).__module__, type(value).__qualname__]
        parts = [[name, _tree(v, arrays, call, left)] for name, v in zip(type(value)._fields, value)]
        return {"fields": parts, "of": where}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        if len(value) > 50:  # long lists of numbers go as arrays
            array = _numbers(value)
            if array is not None:
                return _array(array, arrays) | {"was": kind}
        return {kind: [_tree(v, arrays, call, left) for v in value]}
    if callable(value) and call is not None:
        call.append(value)
        return {"function": len(call) - 1}
    array = _numbers(value)  # a deque, an array.array, and what else NumPy can read
    if array is not None:
        return _array(array, arrays)
    return {"opaque": f"of type {type(value).__name__[:60]}"}


def _numbers(value):
    """`value` as an array of numbers, or None where it is none."""
    try:
        array = np.array(value)
    except Exception:  # lists of different lengths, or what a student's object does when it is read
        return None
    return array if array.dtype.kind in "biufc" else None


def _array(array, arrays):
    if array.dtype.kind not in "biufc":
        return {"opaque": f"an array of shape {array.shape} and dtype {array.dtype}"}
    if array.size > LARGEST_ARRAY:
        return {"shape": list(array.shape), "dtype": array.dtype.str}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def fingerprint(value, call):
    """A short name for what `value` holds; functions in it are appended to the list `call`."""
    return hashlib.sha256(pack_message(value, call)).hexdigest()[:16]


def unpack_message(payload, function=None, restore=False):
    """The value of a message's payload.

    function(n): what stands for the n-th function in it.  restore: NamedTuples become the class
    they say, which is imported; only for messages from the judging side.
    """
    (length,) = struct.unpack(">I", payload[:4])
    text, blob = payload[4 : 4 + length], payload[4 + length :]
    if len(text) > LARGEST_TEXT:
        raise BadMessage(f"a message with {len(text)} bytes of text")
    try:
        return _value(json.loads(text), _arrays(blob), function, restore, [2 * MOST_PARTS])
    except BadMessage:
        raise
    except Exception as error:  # a forged message may be anything
        raise BadMessage(f"an unreadable message: {type(error).__name__}") from None


def _value(tree, arrays, function, restore, left):
    left[0] -= 1
    if left[0] < 0:
        raise BadMessage("a message of too many parts")

    def inner(part):
        return _value(part, arrays, function, restore, left)

    ((kind, body), *_) = tree.items()
    if kind == "value":
        if isinstance(body, dict | list) or len(str(body)) > LONGEST_STRING:
            raise BadMessage("a value that is none")
        return _whole(body) if isinstance(body, str) else body
    if kind == "complex":
        return complex(*body)
    if kind == "array":
        return arrays[body].tolist() if "was" in tree and restore else arrays[body]
    if kind == "shape":
        shape = tuple(int(n) for n in body)
        if min(shape, default=0) < 0:
            raise BadMessage("an array that is not what it says")
        return Opaque(f"an array of shape {shape}"[:200], shape)
    if kind == "dict":
        return {_whole(str(key)): inner(part) for key, part in body}
    if kind == "fields":
        parts = {_whole(str(name)): inner(part) for name, part in body}
        return _class(*tree["of"])(**parts) if restore else parts
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(inner(part) for part in body)
    if kind == "function" and function is not None:
        return function(body)
    return Opaque(_whole(str(body)[:200]))


def _whole(text):
    """A text without halves of characters, which JSON can hold and no file in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _class(module, name):
    return getattr(__import__(module, fromlist=[name]), name)


def _arrays(blob):
    """The arrays of an .npz, each checked against the bytes that are there before it is made."""
    if not blob:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            members = archive.infolist()
            if any(m.compress_type != zipfile.ZIP_STORED or m.file_size > len(blob) for m in members):
                raise BadMessage("a compressed archive")
            return [_read_array(archive.read(f"{i}.npy")) for i in range(len(members))]
    except (zipfile.BadZipFile, EOFError, OSError, struct.error) as error:
        raise BadMessage(f"an unreadable archive: {type(error).__name__}") from None


def _read_array(data):
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


def send_message(sock, message):
    sock.sendall(message)


def receive_message(sock, limit=LARGEST_MESSAGE, until=None):
    """The next message's payload; None at the end of the stream.

    until: the time.monotonic() at which all of it has to be there; TimeoutError when it is not.
    """
    head = _exactly(sock, 8, until)
    if head is None:
        return None
    (length,) = struct.unpack(">Q", head)
    if not 4 <= length <= limit:
        raise BadMessage(f"a message of {length} bytes")
    return _exactly(sock, length, until)


def _exactly(sock, count, until):
    parts = []
    while count:
        if until is not None:  # for all of it: bytes that drip one by one must not begin it anew
            sock.settimeout(max(until - time.monotonic(), 0.001))
        part = sock.recv(min(count, 2**20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
