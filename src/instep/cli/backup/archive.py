"""The file of a backup: one zip with a manifest, which names every part with its length and its checksum."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from instep.cli.backup.errors import CannotWrite, DamagedBackup, FileThere

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
FILES = "files/"
KEYS = "keys.json"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: of when, of what kind of database, with which tables, part by part."""

    format: int
    made_at: str
    database: str
    """sqlite or postgresql"""
    migrations: Sequence[str]
    counts: Mapping[str, int]
    """Firms and connections, for whoever looks into it."""
    parts: Mapping[str, Mapping[str, Any]]
    """{name: {"sha256", "bytes"}}"""

    @property
    def has_keys(self) -> bool:
        return KEYS in self.parts

    @property
    def files(self) -> list[str]:
        """The names of uploaded files, below their folder."""
        return [name.removeprefix(FILES) for name in self.parts if name.startswith(FILES)]


def write(target: Path, parts: Mapping[str, Path | bytes], about: Mapping[str, Any]) -> Manifest:
    """Put the parts and their manifest into a new file that only its owner can read; all of it, or nothing."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    known: dict[str, dict[str, Any]] = {}
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                for name, source in parts.items():
                    known[name] = _add(archive, name, source)
                manifest = Manifest(format=FORMAT, parts=known, **about)
                archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)  # refused where somebody made a file of this name meanwhile
    except FileExistsError:
        raise FileThere(file=str(target)) from None
    except OSError as problem:
        raise CannotWrite(file=str(target), problem=problem.strerror or str(problem)) from None
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _add(archive: zipfile.ZipFile, name: str, source: Path | bytes) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as part:
        for piece in [source] if isinstance(source, bytes) else _pieces_of(source):
            digest.update(piece)
            size += len(piece)
            part.write(piece)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _pieces(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


class Archive:
    """A backup that is being read. Every part is checked before anything is done with any of them."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self.manifest = self._read_manifest()
        for name in self.manifest.parts:
            self._check(name)

    def extract(self, name: str, target: Path) -> None:
        """Copy a part into a new file that only its owner can read."""
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file, self._archive.open(name) as part:
            for piece in _pieces(part):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def text(self, name: str) -> str:
        """A short part."""
        return self._archive.read(name).decode()

    def damaged(self, problem: str) -> DamagedBackup:
        return DamagedBackup(file=str(self._path), problem=problem)

    def _read_manifest(self) -> Manifest:
        try:
            told = json.loads(self._archive.read(MANIFEST))
            manifest = Manifest(**told)
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
            raise self.damaged("it has no list of its parts that can be read") from None
        if manifest.format != FORMAT:
            raise self.damaged(f"it is of form {manifest.format}, and this version reads form {FORMAT}")
        if DATABASE not in manifest.parts:
            raise self.damaged("it has no database in it")
        return manifest

    def _check(self, name: str) -> None:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise self.damaged(f"the part {name!r} would be put outside of its folder")
        digest, size, told = hashlib.sha256(), 0, self.manifest.parts[name]
        try:
            with self._archive.open(name) as part:
                for piece in _pieces(part):
                    digest.update(piece)
                    size += len(piece)
        except (KeyError, zipfile.BadZipFile, EOFError, OSError, ValueError):
            raise self.damaged(f"the part {name!r} cannot be read") from None
        if (digest.hexdigest(), size) != (told.get("sha256"), told.get("bytes")):
            raise self.damaged(f"the part {name!r} is not what was kept")


@contextmanager
def opened(path: Path) -> Generator[Archive]:
    """A backup, checked from end to end. Raises DamagedBackup."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise DamagedBackup(file=str(path), problem="there is no such file") from None
    except (OSError, zipfile.BadZipFile, ValueError):
        raise DamagedBackup(file=str(path), problem="it is no backup, or not the whole of one") from None
    with archive:
        yield Archive(path, archive)
