"""Which language a citizen wrote in: Indonesian, Javanese or English."""

import threading
from typing import Any, Final

from fieldops.triage.plain_words import plain, words_of

LANGUAGES: Final = ("id", "jv", "en")

# Everyday words that belong to one of the three alone. Short messages are decided by them; the statistical
# model was trained on encyclopaedias and takes everyday Javanese for Indonesian.
JAVANESE: Final = frozenset(
    """
    aja akeh amba ambane ambles ambleg ambune ana ing ngarep ngajeng neng nang nggih inggih boten mboten ora ra
    dalan dalane dalanan margi margine wis sampun dereng durung nyuwun njaluk tulung tulungi sing ingkang karo
    kaliyan banyu banyune toya toyane kalen kalenan kalene gote bolongan bolongane jero jerone gedhe cilik tiba
    kae kuwi iki niki niku punika piye pripun kepiye ngendi endi pundi kapan-kapan saiki sakniki wingi mau esuk
    enjing enjang sonten dalu bengi awan sesuk udan jawah mesti mesthi saben kabeh sedaya sanget banget nemen
    tenan wong tiyang bocah lare simbah simbok mbah bapake ibune omah omahku griya latar pawon cedhak celak
    mburi wingking kidul lor kulon wetan prapatan pertelon kreteg wit watu lemah lendhut lendhute uwuh godhong
    kebak tugel pecah-pecah ilang dicolong didandani dandosi dipun enggal matur nuwun suwun maturnuwun kulo kula
    aku awak lur sugeng kulanuwun kulonuwun sepurane ngapunten nek yen amarga merga nganti ngantos tekan luwih
    maneh malih arep badhe isih taksih lagi nembe bar rubuh ambruk mudhun mandhap miring legok growong ketok
    peteng lunyu wutah padha pada ngisor ngisore dhuwur kandel cethek reged mili mlaku mlebu metu liwat lewat-e
    saka seko sak sadawane separo sethithik thok wae mawon kok-kok lho yo ya-ya opo apa-e sopo sinten pinten
    """.split()
)
INDONESIAN: Final = frozenset(
    """
    yang yg tidak tdk gak ga nggak enggak sudah udah sdh belum blm jalan jln jalannya lubang lobang lubangnya di
    dengan dan depan dekat dkt deket ada tolong mohon lapor rumah saya sy kami kita hujan ujan selokan saluran
    tersumbat mampet gorong tutup hilang rusak trotoar pejalan kaki air airnya banjir genangan tergenang karena
    krn gara sampai sampe sangat sekali parah kapan bagaimana gimana apa ini itu nya malam pagi siang sore kemarin
    kmrn tadi td makasih terima kasih bisa mau dari untuk utk pada orang anak warga motor mobil besar kecil dalam
    lampu pohon tumbang lagi juga jadi jd kalau kalo klo tapi tp banyak segera diperbaiki perbaiki nomor kantor
    selamat halo permisi siap baik iya jangan kirim pesan berhenti foto
    """.split()
)
ENGLISH: Final = frozenset(
    """
    the a an is are was were of on in at to and or for with near front road street hole pothole water drain
    sidewalk footpath please fix there this that my our it its not no have has been someone people thanks thank
    you hello hi good morning evening afternoon how what where when who can do i we when after rain broken
    missing cover blocked flooded tree light lights car cars bike near from out off over stop yes ok okay sorry
    """.split()
)
CLUES: Final = {"id": INDONESIAN, "jv": JAVANESE, "en": ENGLISH}


class _Statistics:
    """py3langid's model, loaded at the first doubtful text and kept for the process."""

    lock = threading.Lock()
    model: Any = None

    @classmethod
    def language(cls, text: str) -> str:
        with cls.lock:
            if cls.model is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - half a second

                made = LanguageIdentifier.from_model_file(MODEL_FILE)
                made.set_languages(list(LANGUAGES))
                cls.model = made
        return str(cls.model.classify(text)[0])


def language_of(text: str) -> str:
    """Return "id", "jv" or "en"; a text without a letter is taken for Indonesian."""
    words = words_of(text)
    if not any(word.isalpha() for word in words):
        return "id"
    found = {language: sum(word in clues for word in words) for language, clues in CLUES.items()}
    most = max(found.values())
    ahead = [language for language, count in found.items() if count == most]
    if most and len(ahead) == 1:
        return ahead[0]
    return _Statistics.language(plain(text))
