"""What a message may mean: suggested to staff, decided by them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import Service
from fieldops.queries.gazetteer import gazetteer_places, gazetteer_stamp
from fieldops.queries.hazard_terms import active_hazard_words, hazard_stamp
from fieldops.queries.services import active_services
from fieldops.queries.triage import active_version, version_data
from fieldops.triage.classifier import Model
from fieldops.triage.gazetteer import NameIndex
from fieldops.triage.hazards import Hazard, HazardTerms, find_hazards, usual_hazard_words
from fieldops.triage.intent import Intent, intent_of
from fieldops.triage.language import language_of
from fieldops.triage.place_words import PlaceFinder, PlaceReading
from fieldops.triage.severity import Severity, severity_of
from fieldops.triage.shipped import shipped_data


@dataclass(frozen=True)
class SuggestedService:
    """A kind of complaint with the department that answers for it; `confidence` is its probability."""

    service_id: int
    code: str
    department_id: int
    confidence: float


@dataclass(frozen=True)
class TriageSuggestion:
    """What a message may mean.

    `services` are at most three on offer, the likeliest first. `is_sure` says that the first was right in at
    least 95 of 100 texts like this: only then may a case be routed by it. `version` is None for the model
    that came with the program. Places are estimates, never pins.
    """

    intent: Intent
    language: str
    hazards: tuple[Hazard, ...]
    services: tuple[SuggestedService, ...]
    is_sure: bool
    severity: Severity
    places: PlaceReading
    version: int | None

    @property
    def department_id(self) -> int | None:
        """The department of the likeliest kind."""
        return self.services[0].department_id if self.services else None


@dataclass(frozen=True)
class TriageReader:
    """What reading words needs, asked for once for as many texts as are read together.

    Parameters
    ----------
    model, version
        The open model, and its number; None for the one that came with the program.
    finder
        Finds the city's places.
    services
        Those on offer, by code.
    hazards
        The installation's terms of danger.
    """

    model: Model
    version: int | None
    finder: PlaceFinder
    services: Mapping[str, Service]
    hazards: HazardTerms

    def read(self, text: str, *, has_photo: bool = False, has_place: bool = False) -> TriageSuggestion:
        """Return what a message may mean; any text is taken, and only its first 4,000 signs are read."""
        places = self.finder.read(text)
        hazards = tuple(find_hazards(text, self.hazards))
        found = self.model.suggest(text, most=len(self.model.labels))
        services = tuple(
            SuggestedService(service.id, service.code, service.department_id, guess.probability)
            for guess in found.guesses
            if (service := self.services.get(guess.label)) is not None
        )[:3]
        evidence = has_photo or has_place or bool(hazards) or places.names_a_place
        return TriageSuggestion(
            intent_of(text, no_complaint=found.no_complaint, has_evidence=evidence),
            language_of(text),
            hazards,
            services,
            found.is_sure and bool(services) and services[0].code == found.guesses[0].label,
            severity_of(text, hazards),
            places,
            self.version,
        )


def suggest_triage(
    session: Session,
    installation: Installation,
    text: str,
    *,
    has_photo: bool = False,
    has_place: bool = False,
) -> TriageSuggestion:
    """Return what a message may mean; any text is taken, and only its first 4,000 signs are read.

    Parameters
    ----------
    session
        Read only.
    installation
        Keeps the open model and the city's names for the process.
    text
        The words, as they came.
    has_photo, has_place
        What came with them: such a message is never taken for a greeting.
    """
    reader = open_reader(session, installation)
    return reader.read(text, has_photo=has_photo, has_place=has_place)


def open_reader(session: Session, installation: Installation) -> TriageReader:
    """Return the reader of words as the installation is now."""
    version = active_version(session)
    return TriageReader(
        open_model(session, installation, version),
        version,
        open_finder(session, installation),
        {service.code: service for service in active_services(session)},
        open_hazards(session, installation),
    )


def open_hazards(session: Session, installation: Installation) -> HazardTerms:
    """Return the installation's terms of danger, made ready once until they change."""
    stamp = hazard_stamp(session)
    if not stamp[0]:
        return HazardTerms(usual_hazard_words())  # before the city was established
    return installation.triage.hazards.get(stamp, lambda: HazardTerms(active_hazard_words(session)))


def open_model(session: Session, installation: Installation, version: int | None) -> Model:
    """Return a version, opened once for the process."""

    def read() -> Model:
        return Model.from_bytes(shipped_data() if version is None else version_data(session, version))

    return installation.triage.model.get(version, read)


def open_finder(session: Session, installation: Installation) -> PlaceFinder:
    """Return the finder of places, made anew when the city's places change."""
    city = installation.city

    def build() -> PlaceFinder:
        return PlaceFinder(NameIndex(gazetteer_places(session)), city.centre, city.bounds)

    return installation.triage.finder.get(gazetteer_stamp(session), build)
