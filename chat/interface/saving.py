"""Answers of the conversation as files, made when the page wishes for one. Knows history and exports, no Gradio.

The wish and the reply are JSON in boxes that nobody sees: `{"what", "back", "suffix", "token"}` and `{"token", "text"}`
or `"error"` in place of the text. The token tells replies apart.
"""

import json
import logging
from datetime import date
from typing import Any

from chat.export import FORMATS, export
from chat.interface.history import load_turns

logger = logging.getLogger(__name__)


def saved_answers(wish: str, kept: Any) -> str:
    """The reply to a wish: the conversation in `kept`, or the answer that is `back` from its end (1 is the last)."""
    try:
        wanted = json.loads(wish)
        token, what, back, suffix = (wanted[key] for key in ("token", "what", "back", "suffix"))
        one = what == "answer"
        turns = load_turns(kept)
        if f".{suffix}" not in FORMATS or not isinstance(back, int) or not isinstance(token, str):
            raise ValueError("not a wish")
    except (ValueError, TypeError, KeyError):
        return ""
    if one:
        turns = turns[-back : len(turns) - back + 1] if 1 <= back <= len(turns) else []
    if not turns:
        return json.dumps({"token": token, "error": "This answer is no longer kept; ask it again."})
    try:
        text = export(turns, f".{suffix}", made=date.today(), one=one).decode("utf-8")
    except Exception:  # whatever went wrong, the page must say so instead of waiting
        logger.exception("answers could not be saved")
        return json.dumps(
            {"token": token, "error": "Something went wrong while saving; the program's log has details."}
        )
    return json.dumps({"token": token, "text": text})
