"""A deployment serves static files under names that change with their content: all of them can be collected so."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

HASHED = {"BACKEND": "hotline.storage.HashedFiles"}
# The names of static files that our templates ask for.
ASKED = re.compile(r"""{%\s*static\s+['"]([^'"]+)['"]""")
IMPORTED = re.compile(r"""(?:from|import)\s*["'](\.[^"']+)["']""")


@pytest.fixture
def root(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": HASHED}
    return settings.STATIC_ROOT


def collect():
    call_command("collectstatic", interactive=False, verbosity=0)


def test_every_file_is_collected_and_every_module_imports_the_hashed_name(root):
    collect()
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    ours = [root / hashed for name, hashed in names.items() if name.startswith("cases/") and name.endswith(".js")]
    imports = [(path, found) for path in ours for found in IMPORTED.findall(path.read_text("utf-8"))]
    assert len(imports) > 20
    hashed = set(names.values())
    assert [found for path, found in imports if not is_one_of(path, found, root, hashed)] == []


def is_one_of(path: Path, found: str, root: Path, hashed: set[str]) -> bool:
    return str((path.parent / found).resolve().relative_to(root.resolve())) in hashed


def test_every_file_that_a_template_asks_for_has_a_hashed_name(root):
    collect()
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    asked = {
        name
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for name in ASKED.findall(path.read_text())
    }
    assert len(asked) > 10
    assert sorted(asked - set(names)) == []


def test_a_file_that_names_one_which_is_not_there_is_not_collected_in_silence(root, tmp_path, settings):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "lost.js").write_text('import { gone } from "./gone.js";\n')
    settings.STATICFILES_DIRS = [tmp_path / "more"]
    with pytest.raises(Exception, match=r"gone\.js"):
        collect()
