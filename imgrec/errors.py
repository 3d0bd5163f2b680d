"""The errors a user may see: each message is one clear sentence or two, and safe to show as it stands."""


class ImgrecError(Exception):
    """Says what is needed, what was received and what to do. Anything else that is raised is a bug."""


class SettingsError(ImgrecError):
    """A setting is outside its range, unknown or of the wrong type."""


class ShapeError(ImgrecError):
    """A layer cannot stand where it was put."""


class TrainingError(ImgrecError):
    """A training has failed of its own settings, and would fail again.

    learning_rate is what a copy may be tried with, where it diverged.
    """

    learning_rate: float | None = None


class DatasetError(ImgrecError):
    """A dataset is absent, damaged or cannot be fetched."""


class ImageError(ImgrecError):
    """A picture cannot be read."""


class RunError(ImgrecError):
    """A run does not exist, or is not in the state that was asked for."""


class StartError(RunError):
    """What a run shall begin with, another one's model or some of its layers, is absent, damaged or does not fit."""


class ClassError(ImgrecError):
    """A class does not exist, or does not let somebody do what was asked for."""


class BudgetError(ImgrecError):
    """A visitor asks for more than the profile of the server allows."""
