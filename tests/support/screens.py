"""What an application under the pilot shows."""

from __future__ import annotations

from typing import Any

from textual.app import App


def shown(app: App[Any]) -> str:
    """Give the present screen as text, line by line."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
