r"""Keys of subjects: one text per item, output or pair, unique in a study and the same for whoever computes it.

```
q1                  item "q1"
q1/alder            sample 0 of system "alder"
q1/alder#2          its sample 2
q1/alder|birch#1    a pair; the same key whichever output is named first
```

`\`, `/`, `#` and `|` inside a name are written with a backslash before them, so that no two subjects share a key.
"""

from hashlib import sha256

KEY_LIMIT = 1200
"""Characters of a key; a longer one is replaced by a fingerprint of itself."""

_ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in "\\/#|"})


def item_key(external_id: str) -> str:
    """The key of an item as a subject."""
    return _fitting(_escaped(external_id))


def output_key(external_id: str, system: str, sample: int = 0) -> str:
    """The key of one system's output for an item."""
    return _fitting(f"{_escaped(external_id)}/{_output(system, sample)}")


def pair_key(external_id: str, first: tuple[str, int], second: tuple[str, int]) -> str:
    """The key of a pair of outputs, each named by (system, sample); free of their order.

    Raises:
        ValueError: Both are the same output.
    """
    if first == second:
        raise ValueError(f"a pair needs two outputs, not {first} twice")
    outputs = sorted(_output(*output) for output in (first, second))
    return _fitting(f"{_escaped(external_id)}/{outputs[0]}|{outputs[1]}")


def _escaped(name: str) -> str:
    return name.translate(_ESCAPES)


def _output(system: str, sample: int) -> str:
    return f"{_escaped(system)}#{sample}" if sample else _escaped(system)


def _fitting(key: str) -> str:
    return key if len(key) <= KEY_LIMIT else "|" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
