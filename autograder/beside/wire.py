"""Messages between the judging side and the sandbox: a length, a JSON text, an .npz of its arrays.

Whatever comes out of a sandbox may be forged.  Nothing is unpickled, and no array is made before
its size has been compared with the bytes that are there.
"""

import io
import json
import struct
import zipfile

import numpy as np

LARGEST_ARRAY = 1_000_000  # entries; larger ones leave as their shape only
LARGEST_MESSAGE = 64 * 2**20  # bytes
MOST_PARTS = 20_000  # values in one nested answer


class BadMessage(ValueError):
    """Something arrived that no worker sends: too large, or not what it says it is."""


class Opaque:
    """Stands for an object that did not cross: `said` describes it."""

    def __init__(self, said):
        self.said = said


def pack(value, call=None):
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
    if value is None or type(value) in (bool, float, str):
        return {"value": value}
    if type(value) is int:
        return {"value": value} if abs(value) < 10**30 else {"opaque": "an integer of more than 30 digits"}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.ndarray | np.generic):
        return _array(np.array(value, subok=False), arrays)
    if isinstance(value, dict):
        return {"dict": [[str(k), _tree(v, arrays, call, left)] for k, v in list(dict.items(value))]}
    if isinstance(value, tuple) and hasattr(type(value), "_fields"):
        where = [type(value).__module__, type(value).__qualname__]
        parts = [[name, _tree(v, arrays, call, left)] for name, v in zip(type(value)._fields, value)]
        return {"fields": parts, "of": where}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        if len(value) > 50:  # long lists of numbers go as arrays
            array = np.array(value)
            if array.dtype.kind in "biufc":
                return _array(array, arrays) | {"was": kind}
        return {kind: [_tree(v, arrays, call, left) for v in value]}
    if callable(value) and call is not None:
        call.append(value)
        return {"function": len(call) - 1}
    return {"opaque": f"of type {type(value).__name__[:60]}"}


def _array(array, arrays):
    if array.dtype.kind not in "biufc":
        return {"opaque": f"an array of shape {array.shape} and dtype {array.dtype}"}
    if array.size > LARGEST_ARRAY:
        return {"shape": list(array.shape), "dtype": array.dtype.str}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def unpack(payload, function=None, restore=False):
    """The value of a message's payload.

    function(n): what stands for the n-th function in it.  restore: NamedTuples become the class
    they say, which is imported; only for messages from the judging side.
    """
    (length,) = struct.unpack(">I", payload[:4])
    text, blob = payload[4 : 4 + length], payload[4 + length :]
    try:
        return _value(json.loads(text), _arrays(blob), function, restore)
    except BadMessage:
        raise
    except Exception as error:  # a forged message may be anything
        raise BadMessage(f"an unreadable message: {type(error).__name__}") from None


def _value(tree, arrays, function, restore):
    def inner(part):
        return _value(part, arrays, function, restore)

    ((kind, body), *_) = tree.items()
    if kind == "value":
        return body
    if kind == "complex":
        return complex(*body)
    if kind == "array":
        return arrays[body].tolist() if "was" in tree and restore else arrays[body]
    if kind == "shape":
        return np.broadcast_to(np.zeros((), "f8"), [int(n) for n in body])
    if kind == "dict":
        return {str(key): inner(part) for key, part in body}
    if kind == "fields":
        parts = {str(name): inner(part) for name, part in body}
        return _class(*tree["of"])(**parts) if restore else parts
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(inner(part) for part in body)
    if kind == "function" and function is not None:
        return function(body)
    return Opaque(str(body)[:200])


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
    if dtype.kind not in "biufc" or count < 0 or count * dtype.itemsize != len(body):
        raise BadMessage("an array that is not what it says")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C").copy()


def send(sock, message):
    sock.sendall(message)


def receive(sock, limit=LARGEST_MESSAGE):
    """The next message's payload; None at the end of the stream."""
    head = _exactly(sock, 8)
    if head is None:
        return None
    (length,) = struct.unpack(">Q", head)
    if not 4 <= length <= limit:
        raise BadMessage(f"a message of {length} bytes")
    return _exactly(sock, length)


def _exactly(sock, count):
    parts = []
    while count:
        part = sock.recv(min(count, 2**20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
