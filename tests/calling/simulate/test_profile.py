from pathlib import Path

import numpy as np
import pytest

from seqcnn.calling.simulate.profile import built_in_names, built_in_profile, read_profile
from seqcnn.calling.simulate.profile import write_profile as write
from seqcnn.errors import InputError


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_profiles_are_whole(name: str) -> None:
    profile = built_in_profile(name)
    levels = len(profile.qualities)
    assert profile.first_quality.shape[-1] == levels
    assert profile.next_quality.shape[-2:] == (levels, levels)
    assert np.allclose(profile.next_quality[..., -1], 1)
    assert (np.diff(profile.next_quality, axis=-1) >= 0).all()
    assert ((profile.mismatch > 0) & (profile.mismatch < 0.75)).all()
    assert (np.diff(profile.fragment_lengths) >= 0).all()
    for row in range(4):
        assert np.diff(profile.substitution[row], prepend=0)[row] == 0


def test_a_profile_is_read_as_it_was_written(tmp_path: Path) -> None:
    profile = built_in_profile("novaseq")
    write(tmp_path / "one.json", profile)
    again = read_profile(tmp_path / "one.json")
    for name, value in profile._asdict().items():
        assert np.allclose(value, getattr(again, name)) if name != "name" else value == again.name


def test_an_unknown_profile_is_refused_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"--profile novasec: no such file.* novaseq"):
        built_in_profile("novasec")


def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputError, match=r"a.json: not a profile"):
        read_profile(tmp_path / "a.json")
    (tmp_path / "b.json").write_text("[")
    with pytest.raises(InputError, match=r"b.json: not JSON"):
        read_profile(tmp_path / "b.json")
    with pytest.raises(InputError, match=r"c.json: cannot be read \(No such file"):
        read_profile(tmp_path / "c.json")
