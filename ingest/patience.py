"""How long work says that it goes on, so that whoever waits does not take it for stuck.

Knows neither the work nor who waits. One listener for a process, since a process reads one source at a time.
"""

from collections.abc import Callable

_listener: list[Callable[[], None]] = []


def on_sign_of_life(call: Callable[[], None]) -> None:
    """Have `call` called at each sign of life, instead of whatever was called before."""
    _listener[:] = [call]


def give_sign_of_life() -> None:
    """Say that the work goes on; call it after each step of some seconds, never in a loop without end."""
    for call in _listener:
        call()
