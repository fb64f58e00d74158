"""unzip, Python's zipfile, 7z and bsdtar read what `package` writes, and get the same tree back."""

import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import unicodedata
import zipfile
from pathlib import Path

import pytest
from awscli.customizations.codedeploy.push import Push
from conftest import CONFIGURATION, PATIENCE, USAGE, peak_memory, wait_until

SEED = 20261124

CIRCLE = """\
deployment:
  production:
    branch: master
    codedeploy:
      my-app:
        deployment_group: instances
        application_root: /app
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location:
            bucket: acme-revisions
            key_pattern: apps/{SHORT_COMMIT}
"""
APPSPEC = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/app\n"
BUILD = ["--project", "acme/shop", "--branch", "master", "--commit", "0123456789" * 4]


@pytest.fixture
def repository(slipway):
    """A repository with a plan, whose application root has an AppSpec and nothing else."""
    (slipway.work / ".git").mkdir()
    (slipway.work / "circle.yml").write_text(CIRCLE)
    (slipway.work / "app").mkdir()
    (slipway.work / "app/appspec.yml").write_text(APPSPEC)
    return slipway


def package(home, *words, output=None, **options):
    """Packages the repository and returns the archive's path."""
    output = output or home.folder / "out.zip"
    home("package", "-o", output, *BUILD, *words, **options)
    return output


# Readers: each unpacks an archive into a folder.


def with_unzip(archive, folder):
    # As the CodeDeploy agent calls it, in the locale that a service has.
    run(["unzip", "-qo", archive, "-d", folder], env={"PATH": os.environ["PATH"], "LC_ALL": "C"})


def with_unzip_in_utf8(archive, folder):
    run(["unzip", "-qo", archive, "-d", folder])


def with_7z(archive, folder):
    # It takes the umask off what the archive says.
    run(["7z", "x", "-bd", f"-o{folder}", archive], umask=0)


def with_bsdtar(archive, folder):
    folder.mkdir()
    run(["bsdtar", "-x", "-p", "-f", archive, "-C", folder])


def with_zipfile(archive, folder):
    folder.mkdir()
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        for info in file.infolist():
            mode = info.external_attr >> 16
            path = folder / info.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(mode):
                path.symlink_to(file.read(info).decode())
            elif info.is_dir():
                path.mkdir(exist_ok=True)
                path.chmod(stat.S_IMODE(mode))
            else:
                with file.open(info) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
                path.chmod(stat.S_IMODE(mode))


READERS = [with_unzip, with_unzip_in_utf8, with_7z, with_bsdtar, with_zipfile]


def run(command, umask=0o022, **options):
    result = subprocess.run(
        command, capture_output=True, timeout=300, umask=umask, check=False, **options
    )
    assert result.returncode == 0, (command, result.stdout[-800:], result.stderr[-800:])
    return result


def snapshot(root):
    """Everything below a folder: kind, permissions, and content or target."""
    found = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            key = os.path.relpath(path, os.fsencode(root))
            if stat.S_ISLNK(status.st_mode):
                found[key] = ("link", os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                found[key] = ("folder", stat.S_IMODE(status.st_mode))
            else:
                found[key] = ("file", stat.S_IMODE(status.st_mode), digest(path))
    return found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


NAMES = [
    "-dash", "--", " leading", "trailing ", "two  words", "quote'\"`$", "back\\slash", "star*?[x]",
    "per%cent", "plus+", "a&b;c|d", "#hash", "~tilde", "colon:", "dot.", "...", ".hidden",
    "Ελληνικά", "русский", "עברית", "العربية", "中文文件", "日本語", "한국어", "ไทย", "हिन्दी",
    "አማርኛ", "Tiếng Việt", "ğüşiöç", "👩‍🚀 launch 🚀", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "a\u0301 combining",
    "\u202eoverride", "\u00a0nbsp", "n" * 255, "語" * 85,
]  # fmt: skip


def fill(root):
    """A tree of everything that a revision may hold."""
    generator = random.Random(SEED)
    for name in NAMES:
        (root / name).write_text(name)
    for mode in (0o400, 0o444, 0o600, 0o640, 0o644, 0o664, 0o666, 0o700, 0o755, 0o775, 0o777):
        path = root / f"mode-{mode:o}"
        path.write_text("x")
        path.chmod(mode)
    for mode in (0o500, 0o555, 0o700, 0o711, 0o750, 0o755, 0o770, 0o775, 0o777):
        folder = root / f"folder-{mode:o}"
        folder.mkdir()
        (folder / "inner").write_text("x")
        folder.chmod(mode)
    (root / "empty/inner-empty").mkdir(parents=True)
    (root / "nothing").write_bytes(b"")
    (root / "text").write_text("".join(generator.choices("abcdefgh \n", k=400_000)))
    (root / "noise").write_bytes(generator.randbytes(300_000))
    (root / "large-noise").write_bytes(generator.randbytes(5_000_000))
    (root / "large-text").write_text("".join(generator.choices("abcdefgh \n", k=5_000_000)))
    (root / "mixed").write_bytes(
        generator.randbytes(1_500_000) + bytes(2_000_000) + generator.randbytes(10)
    )
    (root / "link").symlink_to("text")
    (root / "link-to-folder").symlink_to("empty")
    (root / "dangling").symlink_to("made/by a hook ä")
    (root / "empty/up").symlink_to("../text")
    deep = root
    for level in range(12):
        deep = deep / f"{level}-{'d' * 200}"
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("deep")


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_gets_the_same_tree_back(repository, reader):
    root = repository.work / "app"
    fill(root)
    if reader is with_7z:
        # p7zip makes no link whose target has a `..`, wherever it leads.
        (root / "empty/up").unlink()
    archive = package(repository)
    folder = repository.folder / "unpacked"
    reader(archive, folder)
    wanted, found = snapshot(root), snapshot(folder)
    if reader is with_bsdtar:
        # libarchive takes a backslash in a name for a slash, whatever system wrote it.
        wanted.pop(b"back\\slash")
        found = {key: value for key, value in found.items() if key.split(b"/")[0] != b"back"}
        # And it composes accents.
        wanted, found = (
            {unicodedata.normalize("NFC", key.decode()): value for key, value in tree.items()}
            for tree in (wanted, found)
        )
    if reader is with_7z:
        # p7zip makes folders first, and leaves those that have an entry as it made them.
        wanted, found = (
            {key: value if value[0] != "folder" else "folder" for key, value in tree.items()}
            for tree in (wanted, found)
        )
    assert found == wanted


def test_the_archive_is_sound_to_every_tester(repository):
    fill(repository.work / "app")
    archive = package(repository)
    for command in (["unzip", "-tqq"], ["7z", "t", "-bd"], ["zip", "-T"], ["bsdtar", "-tf"]):
        run([*command, archive])


def test_two_runs_give_the_same_bytes_whatever_surrounds_them(repository):
    root = repository.work / "app"
    fill(root)
    first = package(repository)
    for number, path in enumerate(root.rglob("*")):
        if not path.is_symlink():
            os.utime(path, (number * 1e6, number * 1e6))
    # The same entries, made in another order.
    shutil.copytree(root, repository.folder / "copy", symlinks=True)
    shutil.rmtree(root)
    shutil.move(repository.folder / "copy", root)
    shutil.copytree(repository.work / ".git", root / "module/.git")
    (root / "module").rename(root / "empty/inner-empty/x")
    shutil.rmtree(root / "empty/inner-empty/x")
    surroundings = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "TMPDIR": "/var/tmp"}
    second = package(
        repository, output=repository.folder / "second.zip", variables=surroundings, umask=0o077
    )
    one_core = package(
        repository,
        output=repository.folder / "third.zip",
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    assert digest(first) == digest(second) == digest(one_core)
    piped = repository("package", "-o", "-", *BUILD).stdout
    assert piped == first.read_bytes()


def test_the_digest_is_that_of_the_file(repository):
    """In all three forms, of an archive that is written in many pieces."""
    (repository.work / "app/noise").write_bytes(random.Random(SEED).randbytes(20 << 20))
    fill(repository.work / "app")
    output = repository.folder / "out.zip"
    lines = repository("package", "-o", output, *BUILD)
    assert lines.stdout.decode() == f"{digest(output)}  {output}\n"
    run(["sha256sum", "--check", "--strict"], input=lines.stdout)
    document = repository("package", "-o", output, "--json", *BUILD)
    assert json.loads(document.stdout)["archives"][0]["sha256"] == digest(output)
    assert b"packed" not in document.stderr
    piped = repository("package", "-o", "-", *BUILD)
    assert hashlib.sha256(piped.stdout).hexdigest() == digest(output)
    assert piped.stderr.splitlines()[-1].decode() == f"{digest(output)}  -"


def test_entries_are_sorted_and_hold_nothing_of_this_machine(repository):
    fill(repository.work / "app")
    with zipfile.ZipFile(package(repository)) as file:
        names = [info.filename.encode() for info in file.infolist()]
        assert names == sorted(names)
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.extra for info in file.infolist()} == {b""}
        assert {info.create_system for info in file.infolist()} == {3}
        assert file.getinfo("noise").compress_type == zipfile.ZIP_STORED
        assert file.getinfo("text").compress_type == zipfile.ZIP_DEFLATED


def repetitive(root):
    """Headers and data that repeat much, small and large: where zlib is at its best."""
    generator = random.Random(SEED)
    words = ["".join(generator.choices("abcdefghij", k=generator.randint(2, 7))) for _ in range(60)]
    for number in range(40):
        length = (50, 200, 1000, 4000)[number % 4]
        (root / f"{number}.h").write_text("".join(
            f"#define {'_'.join(generator.choices(words, k=3))}__SHIFT 0x{2 ** (line % 5):x}\n"
            for line in range(length)
        ))
        (root / f"{number}.json").write_text("".join(
            f'{{"name":"{generator.choice(words)}","value":{generator.randint(0, 999)}}},'
            for _ in range(length)
        ))


def test_is_no_larger_than_what_the_aws_cli_makes(repository):
    root = repository.work / "app"
    repetitive(root)
    for program in ("bash", "tar", "sqlite3", "git"):
        shutil.copy(shutil.which(program), root)
    size = package(repository).stat().st_size
    with Push(None)._compress(str(root)) as bundle:
        assert size <= bundle.seek(0, io.SEEK_END)


def test_seventy_thousand_files(repository):
    root = repository.work / "app"
    for number in range(70_000):
        folder = root / f"{number % 97}"
        if number < 97:
            folder.mkdir()
        with open(folder / f"{number}", "w") as file:
            file.write(str(number))
    archive = package(repository)
    with zipfile.ZipFile(archive) as file:
        assert len(file.namelist()) == 70_001
    for reader in (with_unzip, with_bsdtar):
        folder = repository.folder / reader.__name__
        reader(archive, folder)
        assert sum(len(files) for _, _, files in os.walk(folder)) == 70_001
        assert (folder / f"{69_943 % 97}/69943").read_text() == "69943"
    run(["7z", "t", "-bd", archive])


def test_names_that_would_not_arrive_are_refused_all_at_once(repository):
    root = os.fsencode(repository.work / "app")
    accent = "é"
    for name in (b"latin-\xe9", b"line\nbreak", accent.encode(), decomposed(accent).encode()):
        with open(os.path.join(root, name), "w"):
            pass
    os.symlink("/etc/passwd", os.path.join(root, b"absolute"))
    os.symlink("../circle.yml", os.path.join(root, b"outside"))
    os.symlink("circle", os.path.join(root, b"circle"))
    output = repository.folder / "out.zip"
    result = repository(
        "package", "--json", "-o", output, *BUILD, status=CONFIGURATION
    )
    problems = json.loads(result.stdout)["problems"]
    assert sorted(problem["code"] for problem in problems) == [
        "link-absolute", "link-cycle", "link-leaves-root", "name-clash", "name-control-character",
        "name-not-utf8",
    ]  # fmt: skip
    assert all(problem["file"] in problem["message"] for problem in problems)
    assert not output.exists()


def decomposed(text):
    return unicodedata.normalize("NFD", text)


def test_what_is_no_file_is_left_out_and_said(repository):
    os.mkfifo(repository.work / "app/pipe")
    result = repository("package", "-o", repository.folder / "out.zip", *BUILD)
    assert b"warning: pipe is a pipe, and is left out" in result.stderr
    with zipfile.ZipFile(repository.folder / "out.zip") as file:
        assert file.namelist() == ["appspec.yml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
def test_unreadable_files_are_refused_before_anything_is_written(repository):
    root = repository.work / "app"
    for name in ("one", "two"):
        (root / name).write_text("x")
        (root / name).chmod(0o600)
    shut = root / "shut"
    shut.mkdir(mode=0o700)
    for path in (repository.folder, *repository.folder.parents):
        with contextlib.suppress(PermissionError):
            path.chmod(path.stat().st_mode | 0o055)
    output = Path(repository.temporary) / "out.zip"
    repository.temporary.chmod(0o777)
    readable = repository.temporary / "slipway"
    shutil.copy(repository.binary, readable)
    result = subprocess.run(
        [readable, "package", "--json", "-o", output, *BUILD],
        user=65534, group=65534, extra_groups=[], capture_output=True, timeout=PATIENCE,
        cwd=repository.work, env={**repository.environment, "HOME": "/nonexistent"},
    )  # fmt: skip
    assert result.returncode == CONFIGURATION, result
    problems = json.loads(result.stdout)["problems"]
    assert [problem["file"] for problem in problems if problem["code"] == "unreadable"] == [
        "one", "shut", "two",
    ]  # fmt: skip
    assert not output.exists()


# A file that gets its name when it is complete


def test_the_appspec_is_checked_first(repository):
    (repository.work / "app/appspec.yml").write_text("version: 0.0\nos: plan9\n")
    output = repository.folder / "out.zip"
    result = repository.run("package", "-o", output, *BUILD)
    assert result.returncode == CONFIGURATION
    assert b"app/appspec.yml:2" in result.stderr
    assert not output.exists()


def test_an_archive_is_replaced_and_nothing_else_is(repository):
    output = package(repository)
    first = digest(output)
    output.chmod(0o600)
    (repository.work / "app/new").write_text("new")
    package(repository)
    assert digest(output) != first
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    source = repository.work / "circle.yml"
    result = repository.run("package", "-o", source, *BUILD)
    assert result.returncode == CONFIGURATION
    assert b"--force" in result.stderr
    assert source.read_text() == CIRCLE
    victim = repository.folder / "victim"
    victim.write_text("not an archive")
    link = repository.folder / "link"
    link.symlink_to("victim")
    package(repository, "--force", output=link)
    assert link.is_symlink()
    assert zipfile.is_zipfile(victim)


def test_a_folder_gets_a_file_of_the_applications_name(repository):
    made = repository.folder / "dist"
    made.mkdir()
    result = repository("package", "--json", "-o", made, *BUILD)
    (archive,) = json.loads(result.stdout)["archives"]
    path = made / "my-app.zip"
    assert archive == {
        "application": "my-app",
        "application_root": "/app",
        "file": str(path),
        "bytes": path.stat().st_size,
        "files": 1,
        "content_bytes": len(APPSPEC),
        "sha256": digest(path),
    }
    repository("package", *BUILD)
    assert digest(repository.work / "my-app.zip") == digest(path)


def test_the_archive_leaves_itself_out_and_says_so(repository):
    (repository.work / "app").rename(repository.work / "gone")
    (repository.work / "circle.yml").write_text(CIRCLE.replace("/app", "/"))
    shutil.copy(repository.work / "gone/appspec.yml", repository.work)
    digests = set()
    for _ in range(3):
        result = repository("package", *BUILD)
        assert b"my-app.zip is in the application root" in result.stderr
        digests.add(digest(repository.work / "my-app.zip"))
    assert len(digests) == 1


def test_standard_output_must_be_no_terminal(repository):
    terminal, slave = os.openpty()
    with repository.running("package", "-o", "-", *BUILD, stdout=slave) as process:
        assert process.wait(PATIENCE) == USAGE
        assert b"is a terminal" in process.stderr.read()
    os.close(terminal)
    os.close(slave)
    result = repository.run("package", "--json", "-o", "-", *BUILD)
    assert result.returncode == USAGE


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_leaves_nothing(repository, number):
    with open(repository.work / "app/large", "wb") as file:
        file.truncate(40 << 30)
    folder = repository.folder / "out"
    folder.mkdir()
    with repository.running("package", "-o", folder / "out.zip", *BUILD) as process:
        wait_until(lambda: written(process.pid) > 1 << 16, "the archive grows")
        process.send_signal(number)
        assert process.wait(PATIENCE) == -number
    assert list(folder.iterdir()) == []


def written(pid):
    """How many bytes a process has written."""
    with contextlib.suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/io").read_text().splitlines():
            if line.startswith("wchar:"):
                return int(line.split()[1])
    return 0


def test_a_full_disk_leaves_nothing(repository):
    (repository.work / "app/noise").write_bytes(random.Random(SEED).randbytes(4_000_000))
    folder = repository.folder / "out"
    folder.mkdir()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    result = repository.run("package", "-o", folder / "out.zip", *BUILD, preexec_fn=limit)
    assert result.returncode == CONFIGURATION, result
    assert b"cannot write" in result.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("change", ["grow", "truncate", "overwrite", "replace"])
def test_a_file_that_changes_while_it_is_read_leaves_nothing(repository, change):
    path = repository.work / "app/large"
    size = 6 << 30
    with open(path, "wb") as file:
        file.truncate(size)
    folder = repository.folder / "out"
    folder.mkdir()
    with repository.running("package", "-o", folder / "out.zip", *BUILD) as process:
        wait_until(lambda: written(process.pid) > 1 << 16, "the archive grows")
        if change == "grow":
            os.truncate(path, size + 1)
        elif change == "truncate":
            os.truncate(path, size - 1)
        elif change == "overwrite":
            with open(path, "r+b") as file:
                file.write(b"x")
        else:
            other = path.with_name("other")
            other.write_bytes(b"")
            os.truncate(other, size)
            other.rename(path)
        assert process.wait(120) == CONFIGURATION
        assert b"large changed while the revision was packed" in process.stderr.read()
    assert list(folder.iterdir()) == []


# Beyond 32 bits


def sparse(path, size, marks):
    """A file with a few bytes at a few places, and nothing between."""
    with open(path, "wb") as file:
        file.truncate(size)
        for place in marks:
            file.seek(place)
            file.write(b"mark at %d" % place)


LARGE = (4 << 30) + 12_345
MARKS = [0, 1 << 20, (2 << 30) - 5, (4 << 30) - 3, LARGE - 20]


def test_a_file_over_four_gibibytes_and_little_memory(repository):
    path = repository.work / "app/large"
    sparse(path, LARGE, MARKS)
    (repository.work / "app/last").write_text("behind it")
    output = repository.folder / "out.zip"
    peak = peak_memory(repository, ["package", "-o", output, *BUILD])
    assert peak < 64 << 20
    with zipfile.ZipFile(output) as file:
        assert file.getinfo("large").file_size == LARGE
        assert file.read("last") == b"behind it"
    run(["unzip", "-tqq", output])
    if os.environ.get("SLIPWAY_LARGE_TESTS"):
        for reader in (with_unzip, with_7z, with_bsdtar, with_zipfile):
            folder = repository.folder / reader.__name__
            reader(output, folder)
            assert digest(folder / "large") == digest(path)
            shutil.rmtree(folder)


@pytest.mark.skipif(
    "SLIPWAY_LARGE_TESTS" not in os.environ, reason="writes an archive of 4 GiB"
)
def test_an_archive_over_four_gibibytes(repository):
    root = repository.work / "app"
    block = random.Random(SEED).randbytes(64 << 20)
    for name in ("first", "second"):
        with open(root / name, "wb") as file:
            for number in range(36):
                file.write(number.to_bytes(8) + block)
    for number in range(20):
        (root / f"third-{number}").write_text(f"beyond the {number}")
    output = repository.folder / "out.zip"
    assert peak_memory(repository, ["package", "-o", output, *BUILD]) < 64 << 20
    assert output.stat().st_size > 4 << 30
    with zipfile.ZipFile(output) as file:
        assert file.getinfo("third-19").header_offset > 4 << 30
        assert file.read("third-19") == b"beyond the 19"
    for command in (["unzip", "-tqq"], ["7z", "t", "-bd"]):
        run([*command, output])
    folder = repository.folder / "unpacked"
    with_bsdtar(output, folder)
    assert digest(folder / "second") == digest(root / "second")
    assert (folder / "third-19").read_text() == "beyond the 19"


def test_a_slow_reader_costs_no_memory(repository):
    block = random.Random(SEED).randbytes(32 << 20)
    with open(repository.work / "app/noise", "wb") as file:
        for _ in range(8):
            file.write(block)
    slow = ["sh", "-c", '"$@" | sha512sum > /dev/null', "sh"]
    assert peak_memory(repository, ["package", "-o", "-", *BUILD], slow) < 64 << 20
