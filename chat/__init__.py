"""A question becomes an Answer. The page lives in `chat.interface` and is not imported here."""
