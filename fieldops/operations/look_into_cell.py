"""Which reports one cell of a map of hotspots counted."""

from datetime import timedelta

import numpy as np
import pandas as pd
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.domain.hotspot_questions import Question
from fieldops.models import HotspotCell
from fieldops.operations.choose_days import TAIL_DAYS, choose_days
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.hotspot_frames import rain_of, reports_of
from fieldops.queries.spatial import Box
from geo.crs import to_metres


def look_into_cell(session: Session, city: City, question: Question, cell: HotspotCell) -> list[int]:
    """Return the numbers of the reports of a question that lie in a cell, by time. They are found in metres,
    where the cell's sides are straight, as they were counted.
    """
    shape, crs = to_shape(cell.shape), city_crs(city)
    found = _reports(session, city, question, shape.bounds)

    def to_plane(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metres(places[:, 0], places[:, 1], crs))

    x_m, y_m = to_metres(found["lon"].to_numpy(), found["lat"].to_numpy(), crs)
    inside = shapely.contains_xy(shapely.transform(shape, to_plane), x_m, y_m)
    return [int(number) for number in found["id"].to_numpy()[inside]]


def _reports(session: Session, city: City, question: Question, near: Box) -> pd.DataFrame:
    if not question.weather:
        return reports_of(session, city, question, question.first, question.last, near=near).frame
    # an incident is of the day of its first report, which may lie outside the cell
    whole = reports_of(session, city, question, question.first, question.last)
    rain = rain_of(session, question.first - timedelta(days=TAIL_DAYS), question.last)
    return choose_days(whole, question, rain)[0].frame
