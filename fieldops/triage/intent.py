"""What a message wants: a complaint, a question, a greeting, or an end to our messages. Doubt is a complaint."""

from enum import StrEnum
from typing import Final

from fieldops.triage.plain_words import plain, words_of


class Intent(StrEnum):
    """What a message is taken for."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    GREETING = "greeting"
    STOP = "stop"


GREETINGS: Final = frozenset(
    """
    selamat pagi siang sore malam halo hallo hai hi hello hey assalamualaikum assalamu alaikum waalaikumsalam
    warahmatullahi wabarakatuh wr wb permisi misi kulanuwun kulonuwun sugeng enjing enjang sonten dalu nuwun sewu
    met ass p good morning afternoon evening night dear there anyone ada orangnya masih buka apa kabar
    """.split()
)
THANKS: Final = frozenset(
    """
    terima kasih terimakasih makasih trims trimakasih tengkyu thanks thank thx tks matur suwun maturnuwun
    maturnuwun sembah sanget banyak sekali infonya atas tanggapannya tanggapan infonya lot very much for your
    quick reply help alhamdulillah sip siap oke ok okay mantap mantul gercep sukses selalu semoga sehat sama sama
    nggih inggih ya iya yes baik noted
    """.split()
)
ADDRESS: Final = frozenset(
    """
    pak bu bapak ibu mas mbak kak kakak min admin bro lur gan sir madam bapak2 ibu2 pakde bude dinas dpupr pu mohon
    maaf sebelumnya mau nanya tanya dan untuk to you all a
    """.split()
)
STOPS: Final = frozenset(
    """
    stop berhenti hentikan unsubscribe mandheg berhenti langganan jangan kirim pesan lagi udah wis cukup aja dikirimi
    maneh ora usah kirim pesen messages messaging no more me please notifikasi tolong ke saya hapus nomor kirimi
    langganannya wae usah tidak tdk gak ga
    """.split()
)
STOP_SIGNS: Final = (
    "stop", "berhenti", "hentikan", "unsubscribe", "mandheg", "jangan kirim", "aja dikirimi", "no more messages",
    "hapus nomor", "tidak usah kirim", "ga usah kirim", "gak usah kirim",
)  # fmt: skip
MOST_STOP_WORDS: Final = 8
ASKING: Final = frozenset(
    """
    apa apakah bagaimana gimana berapa dimana mana siapa kapan bisa bolehkah boleh piye pripun kepiye endi pundi
    pira pinten sinten kapan what how when where who which can could do does did is are nomor alamat syarat jam
    status cara carane jadwal biaya
    """.split()
)
SURE: Final = 0.8
"""From this probability on the classifier's "no complaint" is believed (ours), where nothing speaks against."""


def intent_of(text: str, *, no_complaint: float, has_evidence: bool) -> Intent:
    """Return what a message is taken for.

    Parameters
    ----------
    text
        The words of the message.
    no_complaint
        The classifier's probability that this is no complaint; 0 without a classifier.
    has_evidence
        The message came with a photo or a position, or its words name a danger or a place: then it is never
        taken for a greeting or a question.
    """
    words = words_of(text)
    if _is_stop(plain(text), words) and not has_evidence:
        return Intent.STOP
    if has_evidence:
        return Intent.COMPLAINT
    if not words or all(word in GREETINGS | THANKS | ADDRESS for word in words):
        return Intent.GREETING
    if no_complaint < SURE:
        return Intent.COMPLAINT
    asks = "?" in text or any(word in ASKING for word in words)
    return Intent.QUESTION if asks else Intent.GREETING


def _is_stop(text: str, words: list[str]) -> bool:
    if not 0 < len(words) <= MOST_STOP_WORDS or not any(sign in text for sign in STOP_SIGNS):
        return False
    return sum(word in STOPS or word in ADDRESS for word in words) >= len(words) - 1
