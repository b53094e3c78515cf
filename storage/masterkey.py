"""Where the master key comes from: the first source found wins.

1. systemd credential `hearthkey_master_key` (the folder in `CREDENTIALS_DIRECTORY`)
2. `HEARTHKEY_MASTER_KEY_FILE`      3. `HEARTHKEY_MASTER_KEY`
4. `HEARTHKEY_PASSPHRASE_FILE`      5. `HEARTHKEY_PASSPHRASE`
6. `master.key` in the data folder, made beside an empty database only
"""

import base64
import binascii
import os
import secrets
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bot.domain.errors import StartError
from storage.vault import KEY_BYTES, MasterKey

CREDENTIAL: Final = "hearthkey_master_key"
FILE_NAME: Final = "master.key"
KEY_VARIABLE: Final = "HEARTHKEY_MASTER_KEY"
PASSPHRASE_VARIABLE: Final = "HEARTHKEY_PASSPHRASE"  # noqa: S105  # a name
MIN_PASSPHRASE: Final = 12
_MOST_BYTES: Final = 4_096
_FORM = "a key is 32 bytes, as base64 or as 64 hex digits; make one with: openssl rand -base64 32"


class KeySource(Enum):
    """A kind of place for the master key; the value says what it does and does not protect."""

    CREDENTIAL = (
        "Protects backups and a copied data folder, and the disk too where systemd encrypts the"
        " credential (systemd-creds encrypt). Does not protect from root on the running host."
    )
    KEY_FILE = (
        "Protects backups and a copied data folder, as long as the key file is not copied along."
        " Does not protect from whoever can read that file, or from root."
    )
    ENVIRONMENT = (
        "Protects backups and a copied data folder. Does not protect from whoever can read the"
        " environment of the process or the file that sets it, or from root."
    )
    DERIVED = (
        "Protects backups and a copied data folder as well as the passphrase is hard to guess."
        " Does not protect from whoever can read where the passphrase is kept, or from root."
    )
    FOLDER = (
        "Protects backups, which never hold the key. Does not protect from whoever copies the"
        " whole data folder: the key lies beside the database."
    )

    @property
    def protects(self) -> str:
        """Say what a key kept there protects from, and what it does not."""
        return self.value


@dataclass(frozen=True, slots=True)
class Found:
    """The master key, and where it was: `place` is a path or the name of a setting."""

    key: MasterKey
    source: KeySource
    place: str
    is_new: bool = False

    def describe(self) -> str:
        """Return the source for the start line, such as `key file /…/master.key`."""
        match self.source:
            case KeySource.CREDENTIAL:
                return "systemd credential"
            case KeySource.DERIVED:
                return f"passphrase from {self.place}"
            case KeySource.ENVIRONMENT:
                return f"key from {self.place}"
            case KeySource.KEY_FILE | KeySource.FOLDER:
                return f"key file {self.place}"


def find_master_key(env: Mapping[str, str], folder: Path, *, is_empty: bool, salt: bytes) -> Found:
    """Return the master key from the first source found, deriving or making it if need be.

    `env` holds the variables above; an empty one counts as not set. `is_empty`: the database
    holds nothing sealed yet, so a new key may be made. `salt` is the database's own, at least
    16 bytes, for a passphrase. Takes about 0.2 s with a passphrase. Raises StartError.
    """
    if found := look_for_master_key(env, folder, salt=salt):
        return found
    path = folder / FILE_NAME
    if is_empty:
        return Found(MasterKey(_make(path)), KeySource.FOLDER, str(path), is_new=True)
    problem = (
        f"the master key is missing: the database in {folder} needs the key it was sealed with;"
        f" looked for the systemd credential {CREDENTIAL}, {KEY_VARIABLE}[_FILE],"
        f" {PASSPHRASE_VARIABLE}[_FILE] and {path}; put your copy of the key in one of them"
    )
    raise StartError([problem])


def look_for_master_key(env: Mapping[str, str], folder: Path, *, salt: bytes) -> Found | None:
    """Return the master key if there is one anywhere, and make none. Raises StartError."""
    return (
        _from_credential(env)
        or _from_setting(env)
        or _from_passphrase(env, salt)
        or _from_folder(folder)
    )


def _from_credential(env: Mapping[str, str]) -> Found | None:
    directory = env.get("CREDENTIALS_DIRECTORY", "")
    path = Path(directory, CREDENTIAL)
    if not directory or not path.exists():
        return None
    # systemd itself guards this folder, and gives a group bit where the unit's user needs it.
    text = _read(path, "the systemd credential", is_guarded=True)
    return Found(
        _parse(text, f"the systemd credential {CREDENTIAL}"), KeySource.CREDENTIAL, str(path)
    )


def _from_setting(env: Mapping[str, str]) -> Found | None:
    name = f"{KEY_VARIABLE}_FILE"
    if named := env.get(name):
        path = Path(named).expanduser()
        return Found(_parse(_read(path, name), f"{name} ({path})"), KeySource.KEY_FILE, str(path))
    if text := env.get(KEY_VARIABLE):
        return Found(_parse(text, KEY_VARIABLE), KeySource.ENVIRONMENT, KEY_VARIABLE)
    return None


def _from_passphrase(env: Mapping[str, str], salt: bytes) -> Found | None:
    name = f"{PASSPHRASE_VARIABLE}_FILE"
    if named := env.get(name):
        text = _read(Path(named).expanduser(), name)
    elif text := env.get(PASSPHRASE_VARIABLE, ""):
        name = PASSPHRASE_VARIABLE
    else:
        return None
    return Found(_derive(text.rstrip("\r\n"), name, salt), KeySource.DERIVED, name)


def _from_folder(folder: Path) -> Found | None:
    path = folder / FILE_NAME
    if not path.exists():
        return None
    return Found(_parse(_read(path, "the master key"), str(path)), KeySource.FOLDER, str(path))


def _read(path: Path, name: str, *, is_guarded: bool = False) -> str:
    """Return a small text file that only its owner can read; StartError without its content."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise StartError([f"{name}: cannot read {path}: {error.strerror}"]) from None
    if mode & 0o077 and not is_guarded:
        problem = f"{name}: others can read {path} (mode {mode:04o}); run: chmod 600 {path}"
        raise StartError([problem])
    try:
        if len(content) <= _MOST_BYTES:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise StartError([f"{name}: {path} is no short text file"])


def _parse(text: str, name: str) -> MasterKey:
    """Read a key's text; StartError names its source and never its value."""
    compact = text.strip()
    try:
        if len(compact) == KEY_BYTES * 2:
            return MasterKey(bytes.fromhex(compact))
        standard = compact.rstrip("=").replace("-", "+").replace("_", "/")
        padded = standard + "=" * (-len(standard) % 4)
        return MasterKey(base64.b64decode(padded, validate=True))
    except (ValueError, binascii.Error):
        raise StartError([f"{name} holds no master key: {_FORM}"]) from None


def _derive(passphrase: str, name: str, salt: bytes) -> MasterKey:
    """Derive with Argon2id, 64 MiB, 3 passes, 4 lanes: RFC 9106's second choice."""
    if len(passphrase) < MIN_PASSPHRASE:
        problem = f"{name} is too short: a passphrase has at least {MIN_PASSPHRASE} characters"
        raise StartError([problem])
    # The same passphrase typed on another system may compose its accents in another way.
    secret = unicodedata.normalize("NFC", passphrase).encode()
    try:
        argon = Argon2id(salt=salt, length=KEY_BYTES, iterations=3, lanes=4, memory_cost=64 * 1024)
    except UnsupportedAlgorithm:
        problem = f"{name}: this system's cryptography has no Argon2id; use {KEY_VARIABLE}_FILE"
        raise StartError([problem]) from None
    return MasterKey(argon.derive(secret))


def _make(path: Path) -> bytes:
    """Write a new key, mode 0600, whole or not at all, and return it."""
    key = secrets.token_bytes(KEY_BYTES)
    draft = path.with_suffix(".new")
    try:
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123  # takes the descriptor
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StartError([f"cannot write the master key {path}: {error.strerror}"]) from None
    return key


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut: data sealed under a lost key is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
