"""What the homeserver is told about itself: one address, one file of data, no other servers."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

NAME: Final = "home.test"
SHARED_SECRET: Final = "canary-registration"
CONFIG: Final = "homeserver.json"
LOG: Final = "homeserver.log"
_WIDE: Final = {"per_second": 1_000_000, "burst_count": 1_000_000}
# In a house every client has an address of its own; here they all share one.
_BY_ADDRESS: Final = {"rc_registration": (), "rc_login": ("address",)}
_ALL: Final[Mapping[str, Sequence[str]]] = {
    "rc_message": (),
    "rc_registration": (),
    "rc_admin_redaction": (),
    "rc_joins_per_room": (),
    "rc_key_requests": (),
    "rc_third_party_invite": (),
    "rc_media_create": (),
    "rc_delayed_event_mgmt": (),
    "rc_room_creation": (),
    "rc_reports": (),
    "rc_user_directory": (),
    "rc_profile": (),
    "rc_login": ("address", "account", "failed_attempts"),
    "rc_joins": ("local", "remote"),
    "rc_invites": ("per_room", "per_user", "per_issuer"),
    "rc_presence": ("per_user",),
}


def write(folder: Path, port: int, *, has_limits: bool) -> None:
    """Write all that the server reads at its start into its folder."""
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")
    (folder / "logging.json").write_text(json.dumps(_logging(folder)))
    limits = _lifted(_BY_ADDRESS if has_limits else _ALL)
    (folder / CONFIG).write_text(json.dumps(_settings(folder, port) | limits))


def _lifted(limits: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        name: dict.fromkeys(parts, _WIDE) if parts else _WIDE for name, parts in limits.items()
    }


def _settings(folder: Path, port: int) -> dict[str, Any]:
    return {
        "server_name": NAME,
        "pid_file": str(folder / "homeserver.pid"),
        "listeners": [_listener(port)],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(folder / "logging.json"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "macaroon_secret_key": SHARED_SECRET,
        "form_secret": SHARED_SECRET,
        "registration_shared_secret": SHARED_SECRET,
        "bcrypt_rounds": 4,
        "report_stats": False,
        "presence": {"enabled": False},
        "url_preview_enabled": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
    }


def _listener(port: int) -> Mapping[str, Any]:
    return {
        "port": port,
        "type": "http",
        "tls": False,
        "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client"]}],
    }


def _logging(folder: Path) -> Mapping[str, Any]:
    return {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(folder / LOG),
                "formatter": "line",
            }
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
    }
