"""Requests of a route: with what its description promises, and with what nobody should send."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from hypothesis import strategies as st

Json = dict[str, Any]
Words = st.SearchStrategy[str]
Body = tuple[dict[str, str], bytes | None]
"""Its headers, and what is in it."""


@dataclass(frozen=True)
class Asked:
    """One request. target: as it stands in its first line."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


ANY_TEXT = st.text(st.characters(), max_size=30)  # lone surrogates, too
NUMBERS = (
    "0",
    "1",
    "-1",
    "00",
    "1e9",
    "1.5",
    "9" * 30,
    "9" * 5000,
    "0x1",
    "\u0661",
    " 1",
    "1_0",
    "nan",
    "-inf",
    "1e308",
)
TIMES = (
    "2026-11-22T20:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
    "2026-W48-7T10:00Z",
    "24:00",
    "-62135596801",
    "253402300800",
    "9223372036854775807",
)
NAMES = (
    "",
    ".",
    "..",
    "../..",
    "a/b",
    "\0",
    "a" * 5000,
    "ab\ud800",
    "main",
    "MAIN",
    "__proto__",
    "'; --",
    "%s%n",
)
UNUSUAL: Words = st.sampled_from((*NUMBERS, *TIMES, *NAMES)) | ANY_TEXT
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from((2**31, 2**63, -(2**63), 10**40, 1e308, float("nan"), float("inf"), -0.0))
    | UNUSUAL
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
NO_JSON = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 10_000,
    b'{"a":' * 5_000,
    b"1" * 50_000,
    b'"' + b"\\u0000" * 20 + b'"',
    b"[" + b"0," * 40_000 + b"0]",
    b'{"videos": ["' + b"a" * 1_100_000 + b'"]}',
)
KINDS = (
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "a",
)


def fitting(schema: Json, schemas: Json, words: Words) -> st.SearchStrategy[Any]:
    """Return values of the shape that a schema has, as far as it goes; what is in them may not be known."""
    if "$ref" in schema:
        return fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas, words)
    if "anyOf" in schema:
        return st.one_of([fitting(each, schemas, words) for each in schema["anyOf"]])
    match schema.get("type"):
        case "object":
            fields = {
                name: fitting(each, schemas, words) | ANY_JSON
                for name, each in schema.get("properties", {}).items()
            }
            needed = {name: fields.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional=fields)
        case "array":
            return st.lists(fitting(schema["items"], schemas, words), max_size=4)
        case "integer":
            return st.integers(-2, 5) | st.sampled_from((2**63, -(10**30)))
        case "number":
            return st.floats(allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return words


def bodies(
    operation: Json, schemas: Json, words: Words
) -> st.SearchStrategy[tuple[dict[str, str], bytes | None]]:
    """Return bodies with their headers: mostly what a route takes, now and then anything."""
    rubbish = st.tuples(
        st.sampled_from(KINDS).map(lambda kind: {"content-type": kind}),
        st.sampled_from(NO_JSON) | st.binary(max_size=100),
    )
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return st.just(({}, None)) | rubbish
    good = fitting(content["application/json"]["schema"], schemas, words)
    written = (good | good | ANY_JSON).map(
        lambda each: ({"content-type": "application/json"}, json.dumps(each).encode())
    )
    return written | written | rubbish


def in_address(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


def requests(
    method: str, path: str, operation: Json, schemas: Json, known: list[str]
) -> st.SearchStrategy[Asked]:
    """Return requests of one route. known: ids and names that there are."""
    words = st.sampled_from(known) | UNUSUAL
    # What the others need stays: what would end it is asked of what nobody has.
    named = UNUSUAL if method == "delete" else words
    told: dict[str, list[str]] = {"path": [], "query": [], "header": []}
    for parameter in operation.get("parameters", ()):
        told[parameter["in"]].append(parameter["name"])

    @st.composite
    def made(draw: st.DrawFn) -> Asked:
        target = path
        for name in told["path"]:
            target = target.replace(f"{{{name}}}", in_address(draw(named)))
        names = [name for name in told["query"] if draw(st.booleans())]
        if draw(st.integers(0, 5)) == 0:
            names.append(draw(st.sampled_from(("x", "channel", "format", "from", "limit", "%", "from"))))
        query = "&".join(f"{in_address(name)}={in_address(draw(words))}" for name in names)
        kind, body = draw(bodies(operation, schemas, words))
        headers = {**kind}
        for name in told["header"]:
            headers[name] = (
                draw(st.sampled_from(("1.0.0", "0.9", *NUMBERS))).encode("ascii", "replace").decode()
            )
        return Asked(method.upper(), f"{target}?{query}" if query else target, headers, body)

    return made()


def filled_in(path: str, asked: Asked) -> dict[str, str] | None:
    """Return what stands in a request for the names in its route's path; None where it is no request of that
    route: a name that is empty, or has a slash, makes another address.
    """
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    found = re.fullmatch(pattern, asked.target.partition("?")[0])
    if found is None:
        return None
    values = {name: unquote(value) for name, value in found.groupdict().items()}
    return None if any("/" in value for value in values.values()) else values


def fits(value: Any, schema: Json, schemas: Json) -> bool:
    """Return whether a value is as a schema has it (JSON Schema 2020-12, as far as our descriptions go)."""
    if "$ref" in schema:
        return fits(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return any(fits(value, each, schemas) for each in schema["anyOf"])
    if value not in schema.get("enum", (value,)) or value != schema.get("const", value):
        return False
    match schema.get("type"):
        case "object":
            return isinstance(value, dict) and _fits_object(value, schema, schemas)
        case "array":
            size = isinstance(value, list) and len(value)
            within = schema.get("minItems", 0) <= size <= schema.get("maxItems", size)
            return size is not False and within and all(fits(e, schema["items"], schemas) for e in value)
        case "string":
            return isinstance(value, str) and _fits_text(value, schema)
        case "integer" | "number" as kind:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and (kind == "number" or value == int(value)) and _is_within(value, schema)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case _:
            return True


def _fits_object(value: Json, schema: Json, schemas: Json) -> bool:
    told = schema.get("properties", {})
    if not value.keys() >= set(schema.get("required", ())):
        return False
    if schema.get("additionalProperties") is False and not value.keys() <= told.keys():
        return False
    return all(fits(each, told[name], schemas) for name, each in value.items() if name in told)


def _fits_text(value: str, schema: Json) -> bool:
    is_as_long = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return is_as_long and re.search(schema.get("pattern", ""), value) is not None


def _is_within(value: float, schema: Json) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
