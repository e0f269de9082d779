"""Production does not start on what development may."""

import base64
import os
import subprocess
import sys

import pytest

KEY = base64.b64encode(b"k" * 32).decode()
SOUND = {
    "HOTLINE_ENV": "production",
    "HOTLINE_SECRET_KEY": "a long secret of its own, 50 characters or even more than that",
    "HOTLINE_DATA_KEYS": f"d1:{KEY}",
    "HOTLINE_INDEX_KEYS": f"i1:{KEY}",
}


def settings_with(**changes):
    """Load the settings and both rings in a process of its own; returns (exit code, last line of stderr)."""
    ours = ("HOTLINE_", "DATABASE_", "REDIS_", "EMAIL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment = kept | {name: value for name, value in (SOUND | changes).items() if value is not None}
    code = (
        "import django; django.setup(); from cases.privacy import rings; rings.data_ring(); rings.index_ring();"
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, f'proxies={s.ALLAUTH_TRUSTED_PROXY_COUNT}',"
        " s.SECRET_KEY[:6], s.DATABASES['default'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"DJANGO_SETTINGS_MODULE": "hotline.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + (done.stderr.strip().splitlines() or [""])[-1]


def test_production_starts_on_secrets_of_its_own():
    code, said = settings_with()
    assert (code, said.split()[0]) == (0, "True")


@pytest.mark.parametrize("name", ["HOTLINE_SECRET_KEY", "HOTLINE_DATA_KEYS", "HOTLINE_INDEX_KEYS"])
def test_production_names_the_secret_it_misses(name):
    code, said = settings_with(**{name: None})
    assert code != 0
    assert f"Set {name}" in said


@pytest.mark.parametrize("ring", ["d1:short", f"d1:{KEY},d1:{KEY}", "nonsense", f":{KEY}"])
def test_a_ring_that_is_none_is_named_and_its_key_is_not(ring):
    code, said = settings_with(HOTLINE_DATA_KEYS=ring)
    assert code != 0
    assert "HOTLINE_DATA_KEYS" in said and KEY not in said


@pytest.mark.parametrize(("given", "trusted"), [(None, "0"), ("2", "2")])
def test_proxies_are_trusted_only_where_it_is_said(given, trusted):
    code, said = settings_with(HOTLINE_TRUSTED_PROXIES=given)
    assert (code, said.split()[1]) == (0, f"proxies={trusted}")


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("filed away, fifty characters or more of it, as it should be")
    code, said = settings_with(HOTLINE_SECRET_KEY=None, HOTLINE_SECRET_KEY_FILE=str(tmp_path / "secret"))
    assert (code, said.split()[2]) == (0, "filed")


def test_options_in_the_database_address_are_kept():
    code, said = settings_with(DATABASE_URL="postgresql://u:p@db.invalid/hotline?sslmode=verify-full")
    assert code == 0
    assert "verify-full" in said and "connect_timeout" in said
