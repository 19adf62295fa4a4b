import pytest

from fieldops.channels.doorman import Doorman, KeptInside
from fieldops.channels.email import EmailChannel


@pytest.mark.parametrize("host", ["graph.example.com", "", "127.0.0.1.example.com", "10.0.0.1", "::2"])
def test_a_rehearsal_reaches_nobody_else(host: str) -> None:
    with pytest.raises(KeptInside):
        Doorman().require(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]"])
def test_a_rehearsal_reaches_this_machine(host: str) -> None:
    Doorman().require(host)


def test_a_live_installation_reaches_everybody() -> None:
    Doorman(live=True).require("graph.example.com")


def test_a_client_is_stopped_wherever_a_request_leads() -> None:
    with Doorman().client("http://127.0.0.1:9") as client, pytest.raises(KeptInside):
        client.get("https://graph.example.com/me")


def test_mail_is_kept_inside_too() -> None:
    channel = EmailChannel("smtp://mail.example.org:25", "lapor@example.org", Doorman())
    with pytest.raises(KeptInside):
        channel.send("warga@example.org", "Aduan diterima", "Kode Anda …", key="a")
