"""What inputs and outputs are called, which inputs are pictures, and how inputs were scaled before the network took them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from sheetnet import toml_fields
from sheetnet.toml_fields import refuse


@dataclass(frozen=True)
class Names:
    """`features` are the names of the inputs, `classes` those of the outputs (two of a single output: for 0 and for 1).

    Either may be empty. Raises NetworkError for what is no text.

    >>> Names(features=("length", "width")).features
    ('length', 'width')
    """

    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("features", "classes"):
            found: object = getattr(self, field)
            if not isinstance(found, list | tuple):
                raise refuse(f"names.{field}", f"is {toml_fields.shown(found)}", "a list of texts")
            texts = tuple(toml_fields.text(each, f"names.{field}[{i}]") for i, each in enumerate(found))
            for i, each in enumerate(texts):
                if not each.strip() or not each.isprintable():
                    raise refuse(f"names.{field}[{i}]", f"is {toml_fields.shown(each)}", "a name in one line")
            object.__setattr__(self, field, texts)

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.features or self.classes)


NO_NAMES = Names()


@dataclass(frozen=True)
class Scaler:
    """x = (measured − mean) / scale, feature by feature, as scikit-learn's StandardScaler does. Raises NetworkError.

    >>> Scaler(mean=(5.8, 3.1), scale=(0.8, 0.4)).mean
    (5.8, 3.1)
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        for field in ("mean", "scale"):
            object.__setattr__(
                self, field, toml_fields.row(toml_fields.as_lists(getattr(self, field)), f"scaler.{field}")
            )
        if len(self.mean) != len(self.scale):
            raise refuse("scaler.scale", f"has {len(self.scale)} numbers", f"{len(self.mean)}, as mean has")
        for i, number in enumerate(self.scale):
            if not number > 0:
                raise refuse(f"scaler.scale[{i}]", f"is {number:g}", "a number above 0")


def check_named(names: object, scaler: object, inputs: int, outputs: int) -> None:
    """Names and a scaler have an entry for each input or output. Raises NetworkError."""
    if not isinstance(names, Names):
        raise refuse("names", f"is {toml_fields.shown(names)}", "Names")
    if scaler is not None and not isinstance(scaler, Scaler):
        raise refuse("scaler", f"is {toml_fields.shown(scaler)}", "a Scaler, or None")
    if names.features and len(names.features) != inputs:
        raise refuse("names.features", f"has {len(names.features)} names", f"{inputs}, one per input")
    if names.classes and len(names.classes) != max(outputs, 2):
        wanted = f"{outputs}, one per output" if outputs > 1 else "2, for an output near 0 and near 1"
        raise refuse("names.classes", f"has {len(names.classes)} names", wanted)
    if scaler is not None and len(scaler.mean) != inputs:
        raise refuse("scaler.mean", f"has {len(scaler.mean)} numbers", f"{inputs}, one per input")


def checked_image(image: object, inputs: int) -> tuple[int, int] | None:
    """Rows and columns of the pictures, which have a pixel for each input; None where there are none."""
    if image is None:
        return None
    whole = isinstance(image, list | tuple) and all(isinstance(n, int) and not isinstance(n, bool) for n in image)
    if not isinstance(image, list | tuple) or not whole or len(image) != 2 or min(image) < 1 or prod(image) != inputs:
        words = "rows and columns, with a pixel for each input"
        raise refuse("image", f"is {toml_fields.shown(image)}", f"{words}, {inputs} in all")
    return image[0], image[1]
