"""Reads the profiles: every `.toml` file of this folder is one, by the file's name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter, ValidationError

from leadline.errors import SetupError
from services.converter.domain.profile import Profile

_NUMBER = re.compile(r"[^%]{0,40}%0[1-9][0-9]?d[^%]{0,40}").fullmatch


def load_profiles() -> Mapping[str, Profile]:
    """Every profile by its name; raises SetupError that names what is wrong in which file."""
    found = {}
    for file in files(__name__).iterdir():
        if file.name.endswith(".toml"):
            profile = read_profile(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8"))
            found[profile.name] = profile
    return found


def read_profile(name: str, text: str) -> Profile:
    """One profile from TOML; raises SetupError."""
    try:
        data: dict[str, Any] = {**tomllib.loads(text), "name": name}
        profile: Profile = TypeAdapter(Profile).validate_python(data)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    except tomllib.TOMLDecodeError as error:
        wrong = str(error)
    else:
        if _NUMBER(profile.number_pattern):
            return profile
        wrong = "number_pattern: write it like CUST-%06d"
    message = f"profile {name}: {wrong}"
    raise SetupError(message)
