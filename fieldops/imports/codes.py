"""What a file's values stand for: services, statuses, outcomes, severities."""

from collections.abc import Iterable
from dataclasses import dataclass

from fieldops.domain.request_states import ENDED, ClosedReason, RequestStatus
from fieldops.errors import InvalidInput
from fieldops.imports.mapping import Mapping


@dataclass(frozen=True)
class KnownService:
    """A service on offer: its code and what other systems call it."""

    code: str
    external_names: tuple[str, ...] = ()


class Codes:
    """A mapping's values, looked up without regard to case and spaces.

    Raises
    ------
    InvalidInput
        The mapping names a service that is not on offer.
    """

    def __init__(self, mapping: Mapping, services: Iterable[KnownService]) -> None:
        offered = list(services)
        self.mapping = mapping
        self._services = {_plain(name): s.code for s in offered for name in s.external_names}
        self._services |= {_plain(value): code for value, code in mapping.service.values.items()}
        self._statuses = {_plain(value): RequestStatus(code) for value, code in mapping.status.values.items()}
        self._severities: dict[str, int] = {_plain(v): s for v, s in mapping.severity.values.items()}
        self._outcomes = [(_plain(rule.contains), rule) for rule in mapping.status.outcomes]
        known = {service.code for service in offered}
        named = set(mapping.service.values.values()) | {mapping.service.default or ""}
        strange = sorted(named - known - {""})
        if strange:
            raise InvalidInput(
                "The mapping names the service “%(code)s”, which is not on offer. On offer: %(known)s.",
                code=strange[0],
                known=", ".join(sorted(known)),
            )

    def service_of(self, value: str) -> str:
        """Return the code of the service that a value stands for, or refuse it."""
        code = self._services.get(_plain(value)) if value else None
        code = code or self.mapping.service.default
        if code is None:
            raise InvalidInput(
                "“%(value)s” is no kind of report that the mapping or a service knows.", value=value[:100]
            )
        return code

    def status_of(self, value: str) -> RequestStatus:
        """Return the status that a value stands for, or refuse it."""
        if not value:
            return RequestStatus(self.mapping.status.default)
        found = self._statuses.get(_plain(value))
        if found is None:
            raise InvalidInput("“%(value)s” is no status that the mapping knows.", value=value[:100])
        return found

    def outcome_of(self, status: RequestStatus, words: str) -> tuple[RequestStatus, ClosedReason | None]:
        """Return how an ended request ended, by the first outcome whose words it contains."""
        reason: ClosedReason = self.mapping.status.closed_reason
        plain = _plain(words)
        for contained, rule in self._outcomes:
            if contained in plain:
                status, reason = RequestStatus(rule.status), rule.closed_reason
                break
        return status, reason if status is RequestStatus.CLOSED and status in ENDED else None

    def severity_of(self, value: str) -> int:
        """Return how bad a value is; one that the mapping does not name has the default."""
        return self._severities.get(_plain(value), self.mapping.severity.default)


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()
