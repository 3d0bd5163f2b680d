"""What a browser has of a page: its elements as the server sent them, and the widgets among them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.jar import VisitError

SAID_IN = ("body", "code_text", "message", "label", "text")
"""Fields that hold what an element says, the first that it has."""


@dataclass(frozen=True)
class Widget:
    """Something to press or to set: its id, its kind as in Streamlit's protocol, and the fragment it belongs to."""

    id: str
    kind: str
    fragment: str
    proto: Any

    @property
    def label(self) -> str:
        """What stands on or above it."""
        return str(getattr(self.proto, "label", ""))

    @property
    def key(self) -> str:
        """The key that the page gave it, which its id ends with; empty where it gave none."""
        key = self.id.split("-", 2)[-1]
        return "" if key == "None" else key

    @property
    def disabled(self) -> bool:
        return bool(getattr(self.proto, "disabled", False))

    def state(self, value: Any) -> WidgetState:
        """Write a value as a widget of this kind sends it. Raises VisitError for a kind that has none."""
        state = WidgetState(id=self.id)
        match self.kind:
            case "checkbox" | "expandable" | "popover":
                state.bool_value = value
            case "slider" if self.proto.options:
                state.string_array_value.data.append(value)
            case "slider":
                state.double_array_value.data.append(value)
            case "number_input":
                state.double_value = value
            case "button_group" | "multiselect":
                state.string_array_value.data.extend([value] if isinstance(value, str) else value)
            case "selectbox" | "text_input" | "text_area" | "radio" | "tab_container":
                state.string_value = value
            case kind:
                raise VisitError(f"{self.label!r} is a {kind}, which is not set to a value here.")
        return state


@dataclass(frozen=True)
class _Drawn:
    run: str
    fragment: str
    kind: str
    proto: Any


class Page:
    """The elements of a page by their places in it. An element that a run has not drawn again is gone after it."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, ...], _Drawn] = {}

    def draw(self, message: ForwardMsg, run: str) -> Widget | None:
        """Take in one element that a run of the script has drawn. Return it where it is a widget."""
        delta = message.delta
        part = delta.add_block if delta.WhichOneof("type") == "add_block" else delta.new_element
        kind = part.WhichOneof("type") or ""
        proto = getattr(part, kind) if kind else None
        if delta.WhichOneof("type") == "new_transient":  # a spinner
            return None
        drawn = self._drawn[tuple(message.metadata.delta_path)] = _Drawn(run, delta.fragment_id, kind, proto)
        return _widget(drawn)

    def complete(self, run: str, fragments: Collection[str]) -> None:
        """Drop what a run that has ended did not draw again: of the whole page, or of the fragments that it was of."""
        self._drawn = {
            place: drawn
            for place, drawn in self._drawn.items()
            if drawn.run == run or (fragments and drawn.fragment not in fragments)
        }

    @property
    def widgets(self) -> list[Widget]:
        """The widgets in the order of the page."""
        found = (_widget(self._drawn[place]) for place in sorted(self._drawn))
        return [widget for widget in found if widget is not None]

    def find(self, name: str) -> Widget | None:
        """Return the widget with this label or key."""
        return next((widget for widget in self.widgets if name in {widget.label, widget.key}), None)

    def texts(self, kind: str = "") -> list[str]:
        """List what the elements say, or those of one kind, as code or markdown."""
        return [_said(drawn.proto) for drawn in self._drawn.values() if drawn.proto and kind in {"", drawn.kind}]

    @property
    def exceptions(self) -> list[str]:
        """What the page says of bugs in it."""
        return self.texts("exception")

    @property
    def errors(self) -> list[str]:
        """What the page refuses, in words."""
        alerts = (drawn.proto for drawn in self._drawn.values() if drawn.kind == "alert")
        return [alert.body for alert in alerts if alert.format == Alert.ERROR]


def _widget(drawn: _Drawn) -> Widget | None:
    id = getattr(drawn.proto, "id", "")
    return Widget(id, drawn.kind, drawn.fragment, drawn.proto) if id.startswith("$$ID") else None


def _said(proto: Any) -> str:
    return next((str(getattr(proto, field)) for field in SAID_IN if hasattr(proto, field)), "")
