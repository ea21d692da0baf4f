"""Django forms in our look: the one renderer behind every {{ form }}, ours and allauth's."""

from __future__ import annotations

from typing import Any

from django.forms import BoundField, CheckboxInput, NumberInput, Widget
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import CheckboxSelectMultiple, RadioSelect


class InstepBoundField(BoundField):
    """A field whose widget has our class."""

    @property
    def is_check(self) -> bool:
        """Whether the label stands behind the box."""
        return isinstance(self.field.widget, CheckboxInput)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        kind = widget or self.field.widget
        if not isinstance(kind, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
            number = " i-input--number" if isinstance(kind, NumberInput) else ""
            own = kind.attrs.get("class", "")
            built["class"] = f"i-input{number} {own}".strip()
        return built


class Renderer(TemplatesSetting):
    """Our templates for a form and for a field; widgets stay Django's."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = InstepBoundField
