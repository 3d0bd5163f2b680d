"""Puts the app into the wheel: in a checkout app.py, pages/ and .streamlit/ lie at the top, where Streamlit looks."""

from pathlib import Path
from shutil import copy, copytree, ignore_patterns

from setuptools import setup
from setuptools.command.build_py import build_py


class WithApp(build_py):
    """Builds the packages, and imgrec/app/ beside them unless the checkout itself is installed."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            app = Path(self.build_lib, "imgrec", "app")
            for folder in ("pages", ".streamlit"):
                ignored = ignore_patterns("__pycache__", "secrets.toml")
                copytree(folder, app / folder, ignore=ignored, dirs_exist_ok=True)
            copy("app.py", app)


setup(cmdclass={"build_py": WithApp})
