"""SMS: numbers, parts, states and both kinds of proof."""

from typing import Any

import pytest

from fieldops.channels.contract import BadSignature, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import InboundMessage, Receipt, ReceiptState, Unread
from fieldops.channels.sms import SIGNATURE, SmsChannel, sign
from tests.channels.bench import only_message, raw_of
from tests.channels.sms_bench import NUMBER, SECRET, SmsBench, message

READER = SmsChannel(Setup({}, {"webhook_secret": SECRET}, Doorman()))


@pytest.mark.parametrize(
    ("told", "number"),
    [("0812-0000-0012", NUMBER), ("+62 812 0000 0012", NUMBER), ("6281200000012", NUMBER), ("INFO", None)],
)
def test_numbers_are_one_person_s_however_they_are_written(told: str, number: str | None) -> None:
    sender = only_message(READER, raw_of(message("Halo", **{"from": told}))).sender
    assert sender.phone == number
    assert sender.user_id == (number or told)


def test_parts_that_come_together_are_joined_in_order() -> None:
    parts = [
        message(text, id=f"sms-{part}", part=part, parts=3, reference="7")
        for part, text in ((2, "besar di "), (1, "Lubang "), (3, "Jl. Slamet"))
    ]
    found = only_message(READER, raw_of({"messages": parts}))
    assert (found.text, found.album, found.external_id) == ("Lubang besar di Jl. Slamet", None, "sms-1")


def test_parts_that_come_one_by_one_can_be_joined() -> None:
    found = [
        only_message(READER, raw_of(message("x", id=f"sms-{part}", part=part, parts=2, reference="7")))
        for part in (1, 2)
    ]
    assert {one.album for one in found} == {f"{NUMBER}:7"}


def test_two_people_s_parts_are_never_mixed() -> None:
    parts = [
        message("x", **{"id": "a", "reference": "7", "from": "081200000012"}),
        message("y", **{"id": "b", "reference": "7", "from": "081200000013"}),
    ]
    found = READER.parse(raw_of({"messages": parts}))
    assert [one.text for one in found if isinstance(one, InboundMessage)] == ["x", "y"]


@pytest.mark.parametrize(
    ("told", "state"), [("delivered", "delivered"), ("failed", "failed"), ("expired", "failed")]
)
def test_states(told: str, state: str) -> None:
    (found,) = READER.parse(raw_of({"id": "out-1", "status": told, "time": 1_790_000_000, "code": 8}))
    assert isinstance(found, Receipt)
    assert (found.external_id, found.state, found.reason) == ("out-1", ReceiptState(state), "code 8")


def test_states_of_one_message_are_different_events() -> None:
    names = {READER.event_id({}, raw_of({"id": "o", "status": state})) for state in ("sent", "delivered")}
    assert len(names) == 2


@pytest.mark.parametrize("changes", [{"from": ""}, {"text": ""}, {"id": ""}, {"text": None}])
def test_what_cannot_be_answered_is_left_for_a_person(changes: dict[str, Any]) -> None:
    (found,) = READER.parse(raw_of(message("Halo") | changes))
    assert isinstance(found, Unread)


def test_the_secret_itself_is_proof_where_a_gateway_cannot_sign() -> None:
    raw = raw_of(message("Halo"))
    READER.verify({"authorization": f"Bearer {SECRET}"}, raw)
    with pytest.raises(BadSignature):
        READER.verify({"authorization": "Bearer salah"}, raw)
    with pytest.raises(BadSignature):
        READER.verify({"authorization": f"Bearer {SECRET}", SIGNATURE: sign("salah", raw)}, raw)


def test_our_own_reference_goes_along() -> None:
    with SmsBench() as bench:
        assert bench.channel.send(bench.outbound("Halo", key="k-7")) == "out-1"
        assert bench.gateway.sent == [
            {"from": "62271000000", "to": NUMBER, "text": "Halo", "reference": "k-7"}
        ]
