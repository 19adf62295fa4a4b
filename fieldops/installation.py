"""What an operation needs to know of the installation it works in."""

from dataclasses import dataclass, field

from fieldops.channels.push_services import RestingServices
from fieldops.channels.vapid import PushKey
from fieldops.config import Settings
from fieldops.domain.city import City
from fieldops.media.store import MediaStore
from fieldops.routing.roads import Roads
from fieldops.sealing import Sealer
from fieldops.triage.memory import TriageMemory


@dataclass(frozen=True)
class Installation:
    """One city's settings, profile, keys, photo store, roads, and what its process knows of words."""

    settings: Settings
    city: City
    sealer: Sealer
    media: MediaStore
    roads: Roads
    push_key: PushKey
    triage: TriageMemory = field(default_factory=TriageMemory)
    resting: RestingServices = field(default_factory=RestingServices)
