"""The one error every room may raise when what a user gave it cannot be used."""


class UsageError(Exception):
    """What the user gave cannot be used: shown as one line, exit code 2, no traceback.

    The message names where (flag, file:line, object), what was expected and what to do,
    and never holds a secret.
    """
