"""The one error of `geo`: what was given cannot be computed with, in a sentence that names the culprit."""


class GeoError(ValueError):
    """Bad input, named so that its owner can find it."""


class BadProblem(GeoError):
    """A planning file that breaks its own rules.

    Attributes
    ----------
    path
        Where the fault is, for example ``jobs[3].time_windows[0]``.
    fault
        What is wrong there.
    """

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(f"{path}: {fault}")
        self.path = path
        self.fault = fault


class RoadSourceError(GeoError):
    """A map extract that no roads can be taken from."""


class RoadFileError(GeoError):
    """A file that is no usable road graph: missing, damaged, cut off, or of another kind."""
