"""Letters: as real servers carry them, and the odd ones that no server need carry."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.channels import mailbox
from fieldops.channels.contract import Permanent, Retryable, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.html_words import words_of_html
from fieldops.channels.inbound import AttachmentKind, InboundMessage, Receipt, ReceiptState, Unread
from fieldops.channels.letters import CUT_HEADER, LOOP_HEADER
from fieldops.channels.mailbox import MailboxChannel
from fieldops.channels.quoted_words import without_quoted
from tests.channels.bench import only_message
from tests.channels.mail_servers import ADDRESS, DOMAIN, PERSON, MailServers
from tests.channels.mailbox_bench import MailboxBench, letter_of

READER = MailboxChannel(Setup({"address": ADDRESS}, {}, Doorman()))


@pytest.fixture
def bench(mail: MailServers) -> Iterator[MailboxBench]:
    with MailboxBench(mail) as made:
        yield made


def plain(words: str = "Lubang besar", **headers: str) -> bytes:
    return letter_of(words.encode(), encoding=b"8bit", **headers)


def read(raw: bytes) -> InboundMessage:
    return only_message(READER, raw)


# ---------------------------------------------------------------------- real servers
def test_a_conversation_keeps_its_thread(bench: MailboxBench) -> None:
    bench.write(plain(Subject="=?utf-8?q?Jalan_rusak_=F0=9F=95=B3?="))
    first = only_message(bench.channel, bench.next_event().raw)
    assert first.subject == "Jalan rusak 🕳"
    sent = bench.outbound(
        "Kami periksa besok.",
        subject="Re: Jalan rusak\r\nBcc: orang@lain.test",
        reply_to=first.external_id,
        token="t0k3n",
        is_automatic=True,
    )
    our_id = bench.channel.send(sent)
    letter = bench.last_letter()
    assert letter.subject == "Re: Jalan rusak Bcc: orang@lain.test"
    assert letter.headers["in-reply-to"] == letter.headers["references"] == (f"<{first.external_id}>",)
    assert letter.headers["auto-submitted"] == ("auto-replied",)
    assert letter.headers["message-id"] == (f"<{our_id}>",)
    assert letter.headers[LOOP_HEADER.lower()] == (ADDRESS,)
    assert letter.reply_to == (f"aduan+t0k3n@{DOMAIN}",)
    answer = plain("Terima kasih", To=letter.reply_to[0], In_Reply_To=f"<{our_id}>")
    bench.write(answer, to=letter.reply_to[0])
    back = only_message(bench.channel, bench.next_event().raw)
    assert (back.reply_to, back.token, back.thread) == (our_id, "t0k3n", PERSON)


def test_letters_of_an_outage_come_in_order_and_once(bench: MailboxBench) -> None:
    for number in range(3):
        bench.write(plain(f"surat {number}"))
    seen: list[str] = []
    while len(seen) < 3:
        seen += [only_message(bench.channel, event.raw).text for event in bench.next_events()]
    assert sorted(seen) == ["surat 0", "surat 1", "surat 2"]
    assert bench.channel.poll(bench.cursor) == mailbox.Polled((), bench.cursor)


def test_a_mailbox_numbered_anew_is_read_back_and_told_by_ids(bench: MailboxBench) -> None:
    event = bench.arrive("Sebelum dan sesudah")
    bench.write(plain(Date="Mon, 30 Nov 2026 09:15:00 +0700"))
    again = bench.channel.poll("1:999999")
    assert event.event_id in [one.event_id for one in again.events]
    assert again.cursor.partition(":")[0] == bench.cursor.partition(":")[0]
    bench.next_event()


def test_reading_marks_nothing_as_read(bench: MailboxBench) -> None:
    bench.arrive("Belum dibaca")
    before = int(bench.channel.check().values["letters"])
    bench.arrive("Belum dibaca juga")
    assert int(bench.channel.check().values["letters"]) == before + 1
    with mailbox._connect(mailbox.urlsplit(bench.servers.imap_url), "127.0.0.1").login(
        ADDRESS, bench.setup().secrets["password"]
    ) as box:
        assert not box.uids("SEEN")


def test_a_letter_that_is_too_large_is_named_and_not_fetched(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST_BYTES", 2000)
    event = bench.arrive("x" * 4000)
    assert len(event.raw) < 2000
    (found,) = bench.channel.parse(event.raw)
    assert isinstance(found, Unread)
    assert found.what == "email too large"
    assert found.thread == PERSON


def test_a_wrong_password_is_an_expired_access(bench: MailboxBench) -> None:
    health = bench.with_secrets(password="salah").check()
    assert (health.ok, health.code) == (False, "access_expired")


def test_an_address_that_is_refused_is_not_tried_again(bench: MailboxBench) -> None:
    for nobody in ("orang@lain.test", "bukan alamat", "a@b\r\nBcc: c@d.test"):
        with pytest.raises(Permanent) as refusal:
            bench.channel.send(bench.outbound(thread=nobody))
        assert nobody not in str(refusal.value)


def test_servers_that_are_down_are_tried_again(bench: MailboxBench) -> None:
    down = bench.with_options(imap_url="imap://127.0.0.1:9", smtp_url="smtp://127.0.0.1:9")
    with pytest.raises(Retryable):
        down.send(bench.outbound())
    with pytest.raises(Retryable):
        down.poll("1:1")
    assert down.check().code == "unreachable"


def test_a_server_that_hangs_up_is_tried_again_with_the_same_letter(bench: MailboxBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"220 halo\r\n")
            connection.close()

        thread = Thread(target=hang_up)
        thread.start()
        with pytest.raises(Retryable):
            bench.with_options(smtp_url=f"smtp://127.0.0.1:{port}").send(bench.outbound())
        thread.join()


# ---------------------------------------------------------------------- odd letters
@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"Precedence": "bulk"},
        {"Precedence": "list"},
        {"Return_Path": "<>"},
        {"List_Id": "<warga.lists.test>"},
        {LOOP_HEADER: "orang@lain.test"},
        {"From": "MAILER-DAEMON@lain.test"},
    ],
)
def test_what_machines_wrote_is_automatic(headers: dict[str, str]) -> None:
    assert read(plain(**headers)).is_automatic


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "no"}, {"Return_Path": f"<{PERSON}>"}])
def test_what_people_wrote_is_not(headers: dict[str, str]) -> None:
    found = read(plain(**headers))
    assert not found.is_automatic
    assert not found.is_echo


@pytest.mark.parametrize("headers", [{"From": ADDRESS.upper()}, {LOOP_HEADER: ADDRESS}])
def test_our_own_letters_are_echoes(headers: dict[str, str]) -> None:
    assert read(plain(**headers)).is_echo


def test_times_are_utc() -> None:
    assert read(plain()).sent_at == datetime(2026, 11, 30, 2, 15, tzinfo=UTC)
    assert read(plain(Date="kemarin")).sent_at.tzinfo is not None


def test_a_letter_in_html_alone_is_read_as_words() -> None:
    markup = (
        b"<html><head><style>p{color:red}</style></head><body><p>Jalan &amp; saluran<br>mampet</p>"
        b"<div class='gmail_quote'>On Mon, DPU wrote:<blockquote>lama</blockquote></div></body></html>"
    )
    found = read(letter_of(markup, kind=b"text/html; charset=utf-8", encoding=b"8bit"))
    assert found.text == "Jalan & saluran\nmampet"


def test_words_that_are_all_quoted_are_kept() -> None:
    markup = b"<blockquote>semua dikutip</blockquote>"
    assert read(letter_of(markup, kind=b"text/html", encoding=b"8bit")).text == "semua dikutip"


@pytest.mark.parametrize(
    "quoted",
    [
        "Pada Sen, 30 Nov 2026 pukul 10.00 DPU <dpu@solo.test> menulis:\n> kata lama",
        "Pada Sen, 30 Nov 2026 pukul 10.00 Dinas Pekerjaan Umum\n<dpu@solo.test> menulis:\n\n> lama",
        "On Mon, Nov 30, 2026 at 10:00 AM DPU <dpu@solo.test> wrote:\n> kata lama",
        "-----Original Message-----\nFrom: DPU\nSent: Monday\nTo: Sri\nSubject: Aduan\n\nkata lama",
        "Dari: DPU\nDikirim: Senin\nKepada: Sri\nPerihal: Aduan\n\nkata lama",
    ],
)
def test_what_an_answer_quotes_is_left_out(quoted: str) -> None:
    new = "Belum beres:\n- lubang di depan SD\n- saluran mampet"
    assert read(plain(f"{new}\n\n{quoted}")).text == new


@pytest.mark.parametrize(
    "line", ["On " * 6000, "CAUTION: " * 2000, "<!--" * 5000, "_" * 20_000, " \n" * 9000, "> " * 9000]
)
def test_words_made_to_cost_time_are_still_read(line: str) -> None:
    assert without_quoted("Halo\n" + line).startswith("Halo")


@pytest.mark.parametrize("piece", ["<!--", "<", "<a x='", "<div>", "&", "<script>", "</p>"])
def test_markup_made_to_cost_time_is_still_read(piece: str) -> None:
    assert words_of_html("Halo " + piece * 100_000).startswith("Halo")


def test_a_failure_notice_is_news_of_our_letter() -> None:
    report = (
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {PERSON}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: {kind}\r\n\r\nMessage-ID: <k-9@lapor.solo.test>\r\nSubject: x\r\n\r\n--b--\r\n"
    )
    for kind in ("message/rfc822", "text/rfc822-headers"):
        raw = letter_of(
            report.replace("{kind}", kind).encode(),
            kind=b"multipart/report; report-type=delivery-status; boundary=b",
            encoding=b"8bit",
            From="MAILER-DAEMON@mx.test",
        )
        (found,) = READER.parse(raw)
        assert isinstance(found, Receipt)
        assert (found.external_id, found.state) == ("k-9@lapor.solo.test", ReceiptState.FAILED)
        assert found.reason == "status 5.1.1"


def test_a_forged_sender_is_left_for_a_person_where_our_server_says_so() -> None:
    setup = replace(READER._setup, options={"address": ADDRESS, "authority": "mx.solo.test"})
    reader = MailboxChannel(setup)
    (found,) = reader.parse(plain(Authentication_Results="mx.solo.test; spf=fail; dmarc=fail"))
    assert isinstance(found, Unread)
    assert only_message(reader, plain(Authentication_Results="mx.solo.test; dmarc=pass")).text
    # A verdict that came with the letter is nobody's.
    assert only_message(reader, plain(Authentication_Results="mx.lain.test; dmarc=fail")).text


def test_files_of_a_letter_come_along() -> None:
    mixed = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nIni\r\n"
        b"--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Disposition: inline\r\n\r\nJPG\r\n"
        b"--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="surat.pdf"\r\n\r\nPDF\r\n--b--\r\n'
    )
    found = read(letter_of(mixed, kind=b"multipart/mixed; boundary=b", encoding=b"8bit"))
    kinds = [(one.kind, one.name, bool(one.data)) for one in found.attachments]
    assert kinds == [
        (AttachmentKind.PHOTO, "a.jpg", True),
        (AttachmentKind.DOCUMENT, "surat.pdf", True),
    ]


@pytest.mark.parametrize("sender", ["", "bukan alamat", "a@b@c", "=?x?q?y?="])
def test_a_letter_of_nobody_is_left_for_a_person(sender: str) -> None:
    (found,) = READER.parse(plain(From=sender))
    assert isinstance(found, Unread)


def test_a_letter_without_an_id_is_known_by_its_bytes() -> None:
    raw = plain(Message_ID="")
    assert READER.event_id({}, raw) == READER.event_id({}, raw)
    assert READER.event_id({}, raw).startswith("bytes:")
    assert READER.event_id({}, raw + b"!") != READER.event_id({}, raw)


HEADERS = st.sampled_from(
    ["From", "To", "Date", "Message-ID", "Subject", "Content-Type", "In-Reply-To", "References",
     "Content-Transfer-Encoding", "Content-Disposition", "Authentication-Results", CUT_HEADER]
)  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"multipart/mixed; boundary=b", b"multipart/report; boundary=b", b"text/html; charset=x-none",
         b"=?utf-8?b?!!!?=", b"=?utf-16?q?=ff?=", b"base64", b"a@b.test", b"message/rfc822", b"<>", b"\xff"]
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8), st.binary(max_size=200))
def test_no_letter_whatsoever_breaks_the_reader(headers: list[tuple[str, bytes]], body: bytes) -> None:
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers)
    raw = head + b"\r\n" + body.replace(b"\x00", b"--b\r\n")
    assert 0 < len(READER.event_id({}, raw)) <= 200
    try:
        found = READER.parse(raw)
    except ValueError:
        return
    assert len(found) == 1
    for one in found:
        if isinstance(one, InboundMessage):
            (one.text + one.subject + one.sender.name).encode()
