"""Protobuf without a library: reads a descriptor set and turns proto3 JSON into wire bytes and back.

Independent of the server's own mapping, so that JSON and protobuf bodies check each other.
"""
import base64
import datetime
import pathlib
import struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
DOUBLE, FLOAT, INT64, UINT64, INT32, BOOL, STRING, MESSAGE, BYTES_T, UINT32, ENUM = 1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 14


def read_varint(data, at):
    shift = value = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, wire type, value) of each field in a message's bytes."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
        elif kind == BYTES:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if kind == FIXED64 else 4
            value, at = data[at:at + size], at + size
        yield number, kind, value


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Field:
    def __init__(self, data):
        self.number = self.type = 0
        self.repeated, self.type_name, self.json_name = False, "", ""
        for number, _, value in fields(data):
            if number == 1:
                self.name = value.decode()
            elif number == 3:
                self.number = value
            elif number == 4:
                self.repeated = value == 3
            elif number == 5:
                self.type = value
            elif number == 6:
                self.type_name = value.decode().lstrip(".")
            elif number == 10:
                self.json_name = value.decode()
        if not self.json_name:
            head, *rest = self.name.split("_")
            self.json_name = head + "".join(part.capitalize() for part in rest)


class Contract:
    """Messages and enums of a FileDescriptorSet."""

    def __init__(self, path):
        self.messages, self.enums = {}, {}
        for number, _, file in fields(pathlib.Path(path).read_bytes()):
            if number != 1:
                continue
            parts = list(fields(file))
            package = next((value.decode() for n, _, value in parts if n == 2), "")
            for n, _, value in parts:
                if n == 4:
                    self.add_message(package, value)
                elif n == 5:
                    self.add_enum(package, value)

    def add_message(self, scope, data):
        parts = list(fields(data))
        name = scope + "." + next(value.decode() for n, _, value in parts if n == 1)
        self.messages[name] = [Field(value) for n, _, value in parts if n == 2]
        for n, _, value in parts:
            if n == 3:
                self.add_message(name, value)
            elif n == 4:
                self.add_enum(name, value)

    def add_enum(self, scope, data):
        parts = list(fields(data))
        name = scope + "." + next(value.decode() for n, _, value in parts if n == 1)
        values = {}
        for n, _, value in parts:
            if n == 2:
                entry = {number: v for number, _, v in fields(value)}
                values[entry[1].decode()] = entry.get(2, 0)
        self.enums[name] = values

    def encode(self, message, json):
        out = b""
        by_name = {field.json_name: field for field in self.messages[message]}
        for key, value in json.items():
            field = by_name[key]
            for one in value if field.repeated else [value]:
                out += self.encode_one(field, one)
        return out

    def encode_one(self, field, value):
        tag = lambda kind: varint(field.number << 3 | kind)
        if field.type == MESSAGE:
            body = self.well_known(field.type_name, value)
            if body is None:
                body = self.encode(field.type_name, value)
            return tag(BYTES) + varint(len(body)) + body
        if field.type == STRING:
            data = value.encode()
            return tag(BYTES) + varint(len(data)) + data
        if field.type == BYTES_T:
            data = base64.b64decode(value)
            return tag(BYTES) + varint(len(data)) + data
        if field.type == DOUBLE:
            return tag(FIXED64) + struct.pack("<d", value)
        if field.type == ENUM:
            return tag(VARINT) + varint(self.enums[field.type_name][value])
        return tag(VARINT) + varint(int(value))

    @staticmethod
    def well_known(name, value):
        if name == "google.protobuf.Timestamp":
            moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
            seconds = int(moment.timestamp() // 1)
            nanos = moment.microsecond * 1000
        elif name == "google.protobuf.Duration":
            whole, _, part = value.rstrip("s").partition(".")
            seconds, nanos = int(whole), int((part + "0" * 9)[:9])
        else:
            return None
        return (b"\x08" + varint(seconds) if seconds else b"") + (b"\x10" + varint(nanos) if nanos else b"")

    def decode(self, message, data):
        """JSON-like dict of a message: 64-bit integers as strings, enums by name, nested messages decoded."""
        by_number = {field.number: field for field in self.messages[message]}
        out = {}
        for number, kind, value in fields(data):
            field = by_number[number]
            if kind == BYTES and field.type not in (STRING, BYTES_T, MESSAGE):   # packed
                at, values = 0, []
                while at < len(value):
                    if field.type == DOUBLE:
                        values.append(struct.unpack("<d", value[at:at + 8])[0])
                        at += 8
                    else:
                        one, at = read_varint(value, at)
                        values.append(self.scalar(field, one))
                out.setdefault(field.json_name, []).extend(values)
                continue
            one = self.scalar(field, value)
            if field.repeated:
                out.setdefault(field.json_name, []).append(one)
            else:
                out[field.json_name] = one
        return out

    def scalar(self, field, value):
        if field.type == MESSAGE:
            return self.decode(field.type_name, value) if field.type_name in self.messages else value
        if field.type == STRING:
            return value.decode()
        if field.type == DOUBLE:
            return struct.unpack("<d", value)[0]
        if field.type == BOOL:
            return bool(value)
        if field.type == ENUM:
            return next(name for name, number in self.enums[field.type_name].items() if number == value)
        if field.type in (INT64, UINT64):
            return str(value)
        return value
