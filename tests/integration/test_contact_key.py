"""Changing the contact key: while people write, through a SIGKILL, and nobody becomes somebody else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update

from fieldops import clock
from fieldops.app import create_app
from fieldops.config import ROOT, Settings
from fieldops.domain.roles import Role
from fieldops.errors import Conflict, SetupError
from fieldops.extensions import db
from fieldops.keys import ContactKeyFile, ContactKeys, contact_keys
from fieldops.models import ChannelPerson, ContactView, Conversation, Follower, PersonKey, Reporter
from fieldops.operations.change_contact_key import Rules, change_contact_key
from fieldops.operations.check_contact_key import contact_key_lines
from fieldops.operations.follow_request import as_known, channel_of
from fieldops.operations.forget_person import forget_person
from fieldops.operations.join_people import join_people
from fieldops.operations.rotate_contact_key import renew_all, sealed_columns
from fieldops.operations.submit_request import submit_request
from fieldops.sealing import Sealer, digest_by, opens_with
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels

COMPLAINT = "Lubang besar di depan pasar, dalam sekali"
NOW = Rules(0.0, only_here=True)


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def keys_of(world: World) -> ContactKeyFile:
    file = world.installation.sealer.file
    assert file is not None
    return file


def change(world: World, rules: Rules = NOW) -> list[str]:
    said_: list[str] = []
    db.session.remove()
    change_contact_key(db.session(), world.installation, transaction, rules, say=said_.append)
    return said_


def crowd(world: World, count: int) -> None:
    """Many people have reported by e-mail."""
    sealer = world.installation.sealer
    with transaction() as session:
        session.execute(
            Reporter.__table__.insert(),  # type: ignore[attr-defined]
            [
                {
                    "channel": "email",
                    "contact_digest": sealer.contact_digest(f"warga{number}@example.org"),
                    "contact_sealed": sealer.seal(f"warga{number}@example.org"),
                    "language": "id",
                    "created_at": clock.now(),
                }
                for number in range(count)
            ],
        )


def report(world: World, submission: Any, contact: str) -> int:
    """Report by a contact and return its reporter."""
    with transaction() as session:
        made = submit_request(session, world.installation, submission(contact=contact)).request.id
    found = db.session().scalars(select(Follower.reporter_id).where(Follower.request_id == made)).one()
    db.session.remove()
    return found


def sealed_values() -> list[tuple[str, bytes]]:
    session = db.session()
    found = [
        (f"{column.table.name}.{column.name}", value)
        for column in sealed_columns()
        for value in session.scalars(select(column).where(column.is_not(None)))
    ]
    db.session.remove()
    return found


def require_all_by(key: str) -> None:
    """Nothing is left that another key than this one made."""
    values = sealed_values()
    assert values
    assert not [name for name, value in values if not opens_with(key, value)]
    sealer = Sealer("test secret", key)
    session = db.session()
    for row in session.scalars(select(PersonKey)):
        assert row.id_sealed is not None
        assert row.digest == digest_by(key, f"{row.account_id}\0{sealer.open(row.id_sealed)}")
    for reporter in session.scalars(select(Reporter).where(Reporter.channel == "email")):
        assert reporter.contact_sealed is not None
        contact = sealer.open(reporter.contact_sealed)
        assert reporter.contact_digest == digest_by(key, as_known(contact, channel_of(contact)))
    db.session.remove()


def people() -> int:
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count()).select_from(ChannelPerson)) or 0


# ---------------------------------------------------------------- the whole change


def test_everything_is_sealed_anew_and_the_old_key_is_gone(channel: Channels, submission: Any) -> None:
    world = channel.world
    channel.hear(said.text(COMPLAINT))
    channel.hear(said.image(channel.meta.keep(b"no photo at all", "image/jpeg")))
    first = report(world, submission, "Warga@example.org")
    old = keys_of(world)().sealing
    lines = change(world)
    keys = keys_of(world)()
    assert keys.accepted == (keys.sealing,)
    assert keys.sealing != old
    assert not any(old in line or keys.sealing in line for line in lines), "no key is ever printed"
    require_all_by(keys.sealing)
    assert "reporter.contact_sealed: 2 there, 2 made anew" in lines
    assert "reporter.contact_sealed: 2 there, 0 made anew" in lines, "a whole round proves it"
    # The account still works, its window's thread too, and people are who they were.
    channel.wait(seconds=7)
    channel.hear(said.text("Masih berlubang", id="wamid.IN9"))
    assert people() == 1
    assert len(channel.conversations()) == 1
    assert report(world, submission, "warga@EXAMPLE.org") == first
    assert contact_key_lines(db.session(), world.installation)[0].startswith("contact key: one")


def test_who_writes_in_the_middle_is_the_same_person(channel: Channels, submission: Any) -> None:
    world = channel.world
    channel.hear(said.text(COMPLAINT))
    early, late = (report(world, submission, f"{name}@example.org") for name in ("awal", "akhir"))
    crowd(world, 700)
    file = keys_of(world)
    old, new = file().sealing, Fernet.generate_key().decode()
    file.write(ContactKeys(old, (old, new), new))
    channel.wait(seconds=7)
    channel.hear(said.text("satu", id="wamid.IN10"))
    file.write(ContactKeys(new, (new, old)))
    met: list[int] = []

    def somebody_writes() -> None:
        met.append(report(world, submission, "awal@example.org" if len(met) % 2 else "akhir@example.org"))
        channel.hear(said.text(f"lagi {len(met)}", id=f"wamid.MID{len(met)}"))

    found = renew_all(db.session(), world.installation, transaction, pause=somebody_writes)
    assert found.is_done
    assert len(met) > 5
    assert set(met) == {early, late}
    assert people() == 1
    assert len(channel.conversations()) == 1
    file.write(ContactKeys(new, (new,)))
    require_all_by(new)
    assert report(world, submission, "awal@example.org") == early
    channel.hear(said.text("terakhir", id="wamid.LAST"))
    assert people() == 1


def test_a_stranger_who_writes_in_the_middle_is_met_once(channel: Channels, submission: Any) -> None:
    world = channel.world
    file = keys_of(world)
    old, new = file().sealing, Fernet.generate_key().decode()
    file.write(ContactKeys(old, (old, new), new))
    stranger = report(world, submission, "baru@example.org")
    channel.hear(said.text(COMPLAINT))
    file.write(ContactKeys(new, (new, old)))
    assert report(world, submission, "baru@example.org") == stranger
    channel.wait(seconds=7)
    channel.hear(said.text("lagi", id="wamid.IN11"))
    assert people() == 1
    renew_all(db.session(), world.installation, transaction)
    file.write(ContactKeys(new, (new,)))
    require_all_by(new)
    assert report(world, submission, "baru@example.org") == stranger
    # Both digests of one id led to one person; the old one is one row less, not a second person.
    rows = db.session().scalars(select(PersonKey.digest)).all()
    assert len(rows) == len(set(rows)) == 2  # the business-scoped id and the number


def test_a_killed_change_goes_on_where_it_was(channel: Channels, submission: Any) -> None:
    world = channel.world
    settings = world.installation.settings
    channel.hear(said.text(COMPLAINT))
    known = report(world, submission, "warga@example.org")
    crowd(world, 6000)
    file = keys_of(world)
    old = file().sealing
    command = [sys.executable, "-u", "-m", "fieldops", "rotate-contact-key", "--wait-s", "1", "--only-here"]
    environment = os.environ | {
        "FIELDOPS_INSTANCE_DIR": str(settings.instance_dir),
        "DATABASE_URL": settings.database_url,
        "FIELDOPS_SECRET_KEY": settings.secret_key,
    }
    db.session.remove()
    first = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert first.stdout is not None
    for line in first.stdout:
        if "seals with it" in line:
            break
    # It is held while it is looked at: on a busy machine it would be through between two looks.
    first.send_signal(signal.SIGSTOP)
    while not _mixed(file().sealing, old):
        first.send_signal(signal.SIGCONT)
        time.sleep(0.02)
        first.send_signal(signal.SIGSTOP)
        assert first.poll() is None, "it was through before it could be killed"
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=20)
    first.stdout.close()
    keys = file()
    assert keys.accepted == (keys.sealing, old)
    assert _mixed(keys.sealing, old)
    # Half is sealed with each; everybody is served and known.
    assert report(world, submission, "warga@example.org") == known
    channel.wait(seconds=7)
    channel.hear(said.text("Masih berlubang", id="wamid.IN12"))
    assert people() == 1
    db.session.remove()
    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "was begun before; it goes on" in second.stdout
    assert file().accepted == (keys.sealing,), "the key of before the kill is the one that stays"
    require_all_by(keys.sealing)
    assert report(world, submission, "warga@example.org") == known


def _mixed(new: str, old: str) -> bool:
    session = db.session()
    query = select(Reporter.contact_sealed).where(Reporter.channel == "email").order_by(Reporter.id)
    held = session.scalars(query).all()
    session.rollback()
    few = held[::50]  # to open all would take as long as the change does
    opened = {key: sum(opens_with(key, one) for one in few if one) for key in (new, old)}
    return opened[new] > 0 and opened[old] > 0


# ---------------------------------------------------------------- what versions before left


def test_ids_that_were_kept_as_digests_alone_are_found_and_lost_ones_let_go(channel: Channels) -> None:
    world = channel.world
    channel.hear(said.text(COMPLAINT))
    with transaction() as session:
        session.execute(update(PersonKey).values(id_sealed=None))
        person = session.scalars(select(PersonKey.person_id)).first()
        session.add(
            PersonKey(
                account_id=channel.account_id,
                person_id=person,
                digest=world.installation.sealer.contact_digest(f"{channel.account_id}\0ID.given-up"),
            )
        )
    lines = change(world)
    assert any(line.startswith("1 ids that people gave up") for line in lines)
    require_all_by(keys_of(world)().sealing)
    channel.wait(seconds=7)
    channel.hear(said.text("Masih", id="wamid.IN13"))
    assert people() == 1


def test_joined_and_forgotten_people_come_through(channel: Channels) -> None:
    world = channel.world
    channel.hear(said.text(COMPLAINT))
    other = said.text("Saya lagi, nomor baru", id="wamid.IN14")
    for message in other["entry"][0]["changes"][0]["value"]["messages"]:
        message["from"], message["from_user_id"] = "6281299990000", "ID.other"
    for contact in other["entry"][0]["changes"][0]["value"]["contacts"]:
        contact["wa_id"], contact["user_id"] = "6281299990000", "ID.other"
    channel.hear(other)
    assert people() == 2
    first, second = channel.conversations()
    numbers = first.person_id, second.person_id
    db.session.remove()
    with transaction() as session:
        join_people(session, *numbers, world.by(Role.OFFICER))
        session.execute(update(PersonKey).values(id_sealed=None))  # as a version before 0015 left it
    change(world)
    keys = db.session().scalars(select(PersonKey)).all()
    assert {row.person_id for row in keys} == {numbers[0]}
    assert len(keys) == 4
    db.session.remove()
    with transaction() as session:
        forget_person(session, world.installation, numbers[0], world.by(Role.OFFICER))
    change(world)
    assert not db.session().scalars(select(PersonKey)).all()
    threads = db.session().scalars(select(Conversation.thread_sealed)).all()
    assert {world.installation.sealer.open(one) for one in threads} == {""}


def test_two_rows_of_one_contact_stay_one_that_is_found(world: World, submission: Any) -> None:
    """As two processes could make them in the moment of the change."""
    first = report(world, submission, "warga@example.org")
    file = keys_of(world)
    old, new = file().sealing, Fernet.generate_key().decode()
    file.write(ContactKeys(new, (new, old)))
    with transaction() as session:
        session.add(
            Reporter(
                channel="email",
                contact_digest=digest_by(new, "warga@example.org"),
                contact_sealed=world.installation.sealer.seal("warga@example.org"),
                created_at=clock.now(),
            )
        )
    change(world)
    rows = db.session().scalars(select(Reporter).order_by(Reporter.id)).all()
    assert [row.contact_digest is None for row in rows] == [True, False]
    assert db.session().get_one(Reporter, first).contact_sealed is not None, "who is told of what stays so"
    assert not db.session().scalars(select(ContactView)).all()


# ---------------------------------------------------------------- a key that is not here


def test_a_missing_key_is_said_and_nothing_is_dropped(world: World, submission: Any) -> None:
    report(world, submission, "warga@example.org")
    lost, file = keys_of(world)().sealing, keys_of(world)
    fresh = Fernet.generate_key().decode()
    file.write(contact_keys(fresh))
    later = report(world, submission, "lain@example.org")
    with transaction() as session:  # the newest value is the one that cannot be read
        sealed = Sealer("", lost).seal("lain@example.org")
        session.execute(update(Reporter).where(Reporter.id == later).values(contact_sealed=sealed))
    with pytest.raises(SetupError, match=r"reporter\.contact_sealed|%\(column\)s") as told:
        contact_key_lines(db.session(), world.installation)
    assert told.value.values["column"] == "reporter.contact_sealed"
    with pytest.raises(SetupError, match="none of the contact keys"):
        change(world)
    assert fresh in file().accepted
    assert len(file().accepted) == 2
    file.write(contact_keys("\n".join([*file().accepted, lost])))
    change(world)
    require_all_by(file().sealing)


def test_what_is_lost_for_good_may_stay(world: World, submission: Any) -> None:
    report(world, submission, "warga@example.org")
    keys_of(world).write(contact_keys(Fernet.generate_key().decode()))
    with pytest.raises(SetupError):
        change(world)
    change(world, Rules(0.0, only_here=True, leave_unreadable=True))
    assert len(keys_of(world)().accepted) == 1


def test_ids_that_open_with_no_key_keep_their_digests(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    session = db.session()
    before = set(session.scalars(select(PersonKey.digest)))
    assert len(before) == 2
    db.session.remove()
    keys_of(channel.world).write(contact_keys(Fernet.generate_key().decode()))
    change(channel.world, Rules(0.0, only_here=True, leave_unreadable=True))
    assert set(db.session().scalars(select(PersonKey.digest))) == before


def test_two_commands_at_once_are_one_too_many(world: World) -> None:
    def again(_line: str) -> None:
        change(world)

    with pytest.raises(Conflict):
        change_contact_key(db.session(), world.installation, transaction, NOW, say=again)


def test_on_postgresql_the_operator_says_that_no_other_machine_has_the_key(world: World) -> None:
    if not world.installation.settings.database_url:
        pytest.skip("the embedded database serves one machine")
    with pytest.raises(SetupError, match="only-here"):
        change(world, Rules(0.0))


# ---------------------------------------------------------------- the key as a setting


def test_with_the_setting_the_command_says_what_to_do(world: World, submission: Any) -> None:
    report(world, submission, "warga@example.org")
    old, new = keys_of(world)().sealing, Fernet.generate_key().decode()
    db.session.remove()

    def told(words: str) -> list[str]:
        settings = world.installation.settings.model_copy(update={"contact_key": words})
        installation = create_app(Settings(**settings.model_dump(by_alias=True)), pages=False)
        lines: list[str] = []
        change_contact_key(
            db.session(), installation.extensions["fieldops"], transaction, NOW, say=lines.append
        )
        return lines

    with pytest.raises(SetupError, match="NEW,OLD"):
        told(old)
    with pytest.raises(SetupError, match="only announced"):
        told(f"{old},next:{new}")
    assert "its first key alone" in told(f"{new}, {old}")[-1]
    require_all_by(new)
    with pytest.raises(SetupError, match="not a Fernet key"):
        told("x")


# ---------------------------------------------------------------- the file


def test_a_process_that_runs_takes_a_new_key_up(tmp_path: Path) -> None:
    running, command = Sealer("s", ContactKeyFile(tmp_path)), ContactKeyFile(tmp_path)
    old, new = command().sealing, Fernet.generate_key().decode()
    before = running.seal("halo")
    command.write(ContactKeys(old, (old, new), new))
    assert opens_with(old, running.seal("x")), "announced: it opens, and seals not yet"
    assert running.open(Fernet(new).encrypt(b"y")) == "y"
    command.write(ContactKeys(new, (new, old)))
    assert opens_with(new, running.seal("x"))
    assert running.open(before) == "halo"
    assert running.contact_digests("a") == [digest_by(new, "a"), digest_by(old, "a")]
    command.write(ContactKeys(new, (new,)))
    with pytest.raises(SetupError):
        running.open(before)
    (tmp_path / "contact_key").unlink()
    assert opens_with(new, running.seal("x")), "who runs goes on without the file"


def test_the_file_is_its_owner_s_alone_and_never_half(tmp_path: Path) -> None:
    file = ContactKeyFile(tmp_path)
    file.write(ContactKeys(file().sealing, (file().sealing,)))
    assert (tmp_path / "contact_key").stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["contact_key"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_root_leaves_the_file_to_whom_it_belongs(tmp_path: Path) -> None:
    """Else the service could not read its own key any more."""
    file = ContactKeyFile(tmp_path)
    os.chown(file.path, 61_234, 61_235)
    file.path.chmod(0o640)
    file.write(ContactKeys(file().sealing, (file().sealing,)))
    told = file.path.stat()
    assert (told.st_uid, told.st_gid, told.st_mode & 0o777) == (61_234, 61_235, 0o640)


def test_who_cannot_give_the_file_back_is_told_before_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_allowed(*_given: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    file = ContactKeyFile(tmp_path)
    before = file.path.read_text()
    monkeypatch.setattr(os, "fchown", not_allowed)
    with pytest.raises(SetupError, match="Run this as that user, or as root"):
        file.write(ContactKeys(file().sealing, (file().sealing,)))
    assert file.path.read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["contact_key"]


@pytest.mark.parametrize(
    "words",
    ["", "next:" + Fernet.generate_key().decode(), "kunci"],
    ids=["none", "announced alone", "no key"],
)
def test_keys_that_cannot_be_are_refused_without_being_repeated(words: str) -> None:
    with pytest.raises(SetupError) as refused:
        contact_keys(words)
    assert not words or words not in str(refused.value)


def test_what_passes_through_a_browser_outlives_the_change(tmp_path: Path) -> None:
    file = ContactKeyFile(tmp_path)
    sealer = Sealer("s", file)
    sign, stamp = sealer.seal_passing("foto"), sealer.stamp("isi")
    file.write(contact_keys(Fernet.generate_key().decode()))
    assert sealer.open_passing(sign) == "foto"
    assert sealer.stamp("isi") == stamp
    assert sealer.open_passing(sign[:-2]) is None
    assert sealer.open_passing("é") is None
    assert Sealer("other", file).open_passing(sign) is None
