"""A reset of the demo takes away what the demo wrote, and nothing of anybody else, whatever VAR_DIR says."""

from pathlib import Path

import pytest

from emulator.demo.settings import ROOT, Demo


def demo_in(folder: Path) -> Demo:
    return Demo(var=folder, port=8000, emulator_port=8001)


def test_an_empty_var_dir_means_the_usual_folder_and_not_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "")
    assert Demo.load().var == ROOT / "var"


@pytest.mark.parametrize("folder", [ROOT, ROOT.parent, Path("/")])
def test_the_checkout_and_the_folders_above_it_are_never_reset(folder: Path) -> None:
    with pytest.raises(SystemExit, match="was not made by `make demo`"):
        demo_in(folder).forget()
    assert (ROOT / "emulator" / "demo" / "settings.py").exists()


def test_a_folder_with_somebody_elses_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "thesis.txt").write_text("ten years of work")
    with pytest.raises(SystemExit, match="delete this one yourself"):
        demo_in(tmp_path).forget()
    demo_in(tmp_path).prepare()  # starting a demo beside them does not make them ours either
    with pytest.raises(SystemExit):
        demo_in(tmp_path).forget()
    assert (tmp_path / "log" / "thesis.txt").read_text() == "ten years of work"


def test_a_folder_the_demo_made_loses_the_demos_files_and_no_others(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "new" / "var"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    demo = demo_in(folder)
    demo.prepare()
    for name in ("crm.db", "crm.db-wal", "planted", "notes.txt"):
        (folder / name).touch()
    (folder / "redis").mkdir()
    (folder / "log").symlink_to(elsewhere)
    demo.forget()
    assert sorted(path.name for path in folder.iterdir()) == ["made-by-make-demo", "notes.txt"]
    assert (elsewhere / "kept").exists()


def test_forgetting_a_folder_that_does_not_exist_is_no_error(tmp_path: Path) -> None:
    demo_in(tmp_path / "nothing").forget()
