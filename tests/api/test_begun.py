from seqcnn.api.begun import begun_with, is_begun
from seqcnn.api.folder import BEGUN, write_json
from seqcnn.settings import TrainSettings


def test_a_run_goes_on_with_the_same_settings_and_data_alone(tmp_path):
    bed = tmp_path / "a.bed"
    bed.write_text("chr1\t0\t10\n")
    settings = TrainSettings(peaks=[bed], seed=1, threads=2)
    begun = begun_with(settings, [bed])
    assert not is_begun(tmp_path, begun)
    write_json(tmp_path / BEGUN, begun)
    assert not is_begun(tmp_path, begun)  # no checkpoint yet
    (tmp_path / "checkpoint.safetensors").touch()
    assert is_begun(tmp_path, begun)
    assert is_begun(tmp_path, begun_with(settings.model_copy(update={"threads": 8}), [bed]))
    assert not is_begun(tmp_path, begun_with(settings.model_copy(update={"lr": 0.1}), [bed]))
    bed.write_text("chr1\t0\t11\n")
    assert not is_begun(tmp_path, begun_with(settings, [bed]))


def test_a_damaged_note_of_the_beginning_starts_anew(tmp_path):
    (tmp_path / "checkpoint.safetensors").touch()
    (tmp_path / BEGUN).write_text("{")
    assert not is_begun(tmp_path, begun_with(TrainSettings(), []))
