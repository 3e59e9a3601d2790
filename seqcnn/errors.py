"""The one error that means: the user's file or flag is at fault."""


class InputError(ValueError):
    """A file or flag of the user's cannot be used; the message is one line.

    The message says where, what came, what was wanted and what to do, for example
    ``peaks.bed:17: end 100 is before start 200``. The command line prints it and exits with 2.
    """
