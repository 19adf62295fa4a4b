"""Departments, the kinds of complaint they answer for, and what they promise."""

from datetime import date

from sqlalchemy import Boolean, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Codes, Key, Model, Name, Words, reference


class Department(Model):
    """Answers for services in an area."""

    __tablename__ = "department"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(String(40), unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Service(Model):
    """A kind of complaint (Open311), with the radii of clustering and what its repair takes.

    Distances in metres, windows in days; 0 switches a suggestion or a link off. `while_open`: what is still
    open links to new reports however old it is. `same_rain`: what one rain brought is linked, where the rain
    is known; `window_days` counts where it is not. Kinds of one family share their widest figures; one that
    `links_alone` has its own, and its reports join reports of the same kind only.
    """

    __tablename__ = "service"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(String(40), unique=True)
    family: Mapped[Code]
    icon: Mapped[Code]
    name_id: Mapped[Name]
    name_en: Mapped[Name]
    department_id: Mapped[int] = reference("department.id")
    suggest_radius_m: Mapped[int]
    link_radius_m: Mapped[int]
    window_days: Mapped[int]
    while_open: Mapped[bool] = mapped_column(Boolean, default=False)
    same_rain: Mapped[bool] = mapped_column(Boolean, default=False)
    links_alone: Mapped[bool] = mapped_column(Boolean, default=False)
    duration_s: Mapped[int]
    material: Mapped[Code]
    material_amount: Mapped[int]
    skills: Mapped[Codes]
    dry_weather: Mapped[bool] = mapped_column(Boolean, default=False)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    position: Mapped[int] = mapped_column(default=0)
    external_names: Mapped[Codes] = mapped_column(default=list)

    def name(self, language: str) -> str:
        """Return the name in a language ("id" or "en")."""
        return self.name_en if language == "en" else self.name_id

    @property
    def linked_as(self) -> str:
        """What the rule is kept under that decides which of its reports are one place (`queries.groupable`
        has the same in SQL).
        """
        return f"{self.family}/{self.code}" if self.links_alone else self.family


class ServiceLevel(Model):
    """One promise in one span of time; rows are added, never changed.

    `service_id` NULL means all services; `counting` is "plain" hours or "working" hours.
    """

    __tablename__ = "service_level"

    id: Mapped[Key]
    service_id: Mapped[int | None] = reference("service.id", nullable=True)
    kind: Mapped[Code]
    hours: Mapped[int]
    counting: Mapped[Code] = mapped_column(String(40), default="plain")
    source: Mapped[Words]
    verified: Mapped[bool] = mapped_column(Boolean, default=False)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
