import json
from itertools import pairwise

import numpy as np
import pytest
import shapely

from geo.crs import projected_crs, to_degrees, to_metres
from geo.roads.closures import closed_segments
from geo.roads.directions import directions
from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads
from geo.roads.travel_times import road_travel_times
from geo.roads.turns import angle_between, bearing_in, bearing_out, turn_of
from tests.geo.roads.road_worlds import network, place, random_network

SURAKARTA = projected_crs([], [], epsg=32749)


def told(graph, start, end, **options):
    way = directions(graph, place(*start), place(*end), **options)
    assert way is not None
    return [(step.turn, step.street) for step in way.steps]


@pytest.fixture
def crossing(tmp_path):
    """Jalan Utara and Jalan Timur cross at the origin; a lane joins from the south-east."""
    nodes = {0: (0, 0), 1: (0, -300), 2: (0, 300), 3: (-300, 0), 4: (300, 0), 5: (250, -250), 6: (40, 300)}
    return network(
        tmp_path,
        nodes,
        {"nodes": [1, 0, 2], "name": "Jalan Utara"},
        {"nodes": [3, 0, 4], "name": "Jalan Timur"},
        {"nodes": [0, 5], "name": "Gang Miring"},
        {"nodes": [2, 6], "name": "Jalan Utara"},
    )


@pytest.mark.parametrize(
    ("end", "turn", "street"),
    [
        ((-200, 0), "left", "Jalan Timur"),
        ((200, 0), "right", "Jalan Timur"),
        ((200, -200), "sharp_right", "Gang Miring"),
    ],
)
def test_a_crossing_is_turned_at(crossing, end, turn, street):
    assert told(crossing, (0, -200), end) == [("depart", "Jalan Utara"), (turn, street), ("arrive", street)]


def test_straight_on_along_one_street_is_not_worth_a_word(crossing):
    assert told(crossing, (0, -200), (0, 200)) == [("depart", "Jalan Utara"), ("arrive", "Jalan Utara")]


def test_a_bend_without_a_choice_is_not_worth_a_word(crossing):
    assert told(crossing, (0, 200), (35, 300)) == [("depart", "Jalan Utara"), ("arrive", "Jalan Utara")]


def test_the_first_step_says_where_to_head(crossing):
    north = directions(crossing, place(0, -200), place(0, 200))
    assert north.steps[0].heading_deg == 0
    west = directions(crossing, place(200, 0), place(100, 0))
    assert west.steps[0].heading_deg == 270


def test_steps_add_up_to_the_drive_and_the_line_is_as_long(crossing):
    way = directions(crossing, place(0, -200), place(200, 0))
    assert sum(step.distance_m for step in way.steps) == pytest.approx(way.distance_m)
    assert sum(step.duration_s for step in way.steps) == pytest.approx(way.duration_s)
    assert way.distance_m == pytest.approx(400, rel=0.01)
    metres = np.array([[lon - 110.0, lat] for lon, lat in way.geometry]) * 111_320
    assert shapely.LineString(metres).length == pytest.approx(400, rel=0.01)
    assert metres[0] == pytest.approx([0, -200], abs=0.5)
    assert metres[-1] == pytest.approx([200, 0], abs=0.5)


@pytest.fixture
def ring(tmp_path):
    """A roundabout driven clockwise, as in Indonesia, with arms to the south, west, north and east."""
    arms = {"Selatan": (0, -1), "Barat": (-1, 0), "Utara": (0, 1), "Timur": (1, 0)}
    nodes, ways = {}, [{"nodes": [0, 1, 2, 3, 0], "junction": "roundabout", "highway": "primary"}]
    for number, (name, (x, y)) in enumerate(arms.items()):
        nodes[number], nodes[10 + number] = (30 * x, 30 * y), (300 * x, 300 * y)
        ways.append({"nodes": [number, 10 + number], "name": f"Jalan {name}", "highway": "primary"})
    return network(tmp_path, nodes, *ways)


@pytest.mark.parametrize(
    ("end", "number", "street"),
    [
        ((-200, 0), 1, "Jalan Barat"),
        ((0, 200), 2, "Jalan Utara"),
        ((200, 0), 3, "Jalan Timur"),
    ],
)
def test_exits_of_a_roundabout_are_counted(ring, end, number, street):
    way = directions(ring, place(0, -200), place(*end))
    assert [(step.turn, step.street, step.exit_number) for step in way.steps] == [
        ("depart", "Jalan Selatan", None),
        ("roundabout", street, number),
        ("arrive", street, None),
    ]


def test_a_way_may_begin_or_end_in_a_roundabout(ring):
    begins = told(ring, (-22, 22), (200, 0))
    assert begins[0] == ("depart", "")
    assert begins[-1] == ("arrive", "Jalan Timur")
    way = directions(ring, place(0, -200), place(-22, 22))
    assert [(step.turn, step.exit_number) for step in way.steps] == [
        ("depart", None),
        ("roundabout", None),
        ("arrive", None),
    ]


def test_turning_back_through_a_gap_in_the_median_is_one_step(tmp_path):
    nodes = {0: (0, 0), 1: (200, 0), 2: (400, 0), 3: (400, 12), 4: (200, 12), 5: (0, 12)}
    graph = network(
        tmp_path,
        nodes,
        {"nodes": [0, 1, 2], "oneway": "yes", "name": "Jalan Slamet Riyadi"},
        {"nodes": [3, 4, 5], "oneway": "yes", "name": "Jalan Slamet Riyadi"},
        {"nodes": [1, 4]},
        {"nodes": [2, 3]},
        {"nodes": [5, 0]},
    )
    street = "Jalan Slamet Riyadi"
    assert told(graph, (100, 0), (100, 12)) == [("depart", street), ("uturn", street), ("arrive", street)]


def test_a_bridge_without_a_name_does_not_interrupt_a_street(tmp_path):
    nodes = {0: (0, 0), 1: (200, 0), 2: (240, 0), 3: (400, 0), 4: (200, 90), 5: (240, 90)}
    graph = network(
        tmp_path,
        nodes,
        {"nodes": [0, 1], "name": "Jalan Juanda"},
        {"nodes": [1, 2]},
        {"nodes": [2, 3], "name": "Jalan Juanda"},
        {"nodes": [1, 4], "name": "Gang 1"},
        {"nodes": [2, 5], "name": "Gang 2"},
    )
    assert told(graph, (50, 0), (350, 0)) == [("depart", "Jalan Juanda"), ("arrive", "Jalan Juanda")]


def test_a_street_that_changes_its_name_is_told(tmp_path):
    nodes = {0: (0, 0), 1: (200, 0), 2: (400, 0)}
    graph = network(
        tmp_path, nodes, {"nodes": [0, 1], "name": "Jalan A. Yani"}, {"nodes": [1, 2], "name": "Jalan Sutami"}
    )
    assert told(graph, (50, 0), (350, 0))[1] == ("straight", "Jalan Sutami")


def test_two_places_at_one_point_of_the_road_have_a_way_of_two_steps(crossing):
    way = directions(crossing, place(0, 100), place(10, 100))
    assert [step.turn for step in way.steps] == ["depart", "arrive"]
    assert way.geometry.shape == (2, 2)
    assert way.distance_m == 0.0
    assert way.walk_from_road_m == pytest.approx(10, abs=0.2)


def test_a_closed_street_is_driven_around_and_an_island_has_no_way(tmp_path):
    nodes = {0: (0, 0), 1: (200, 0), 2: (400, 0), 3: (200, 300), 4: (800, 0)}
    graph = network(tmp_path, nodes, {"nodes": [0, 1, 2, 3, 0]}, {"nodes": [2, 4]})
    closed = closed_segments(graph, [shapely.Point(place(200, 0)).buffer(0.0001)])
    around = directions(graph, place(0, 0), place(400, 0), closed=closed)
    assert around.distance_m > directions(graph, place(0, 0), place(400, 0)).distance_m + 200
    shut = closed_segments(graph, [shapely.Point(place(425, 0)).buffer(0.0001)])
    assert shut.sum() == 1
    assert directions(graph, place(0, 0), place(790, 0), closed=shut) is None
    assert directions(graph, place(0, 0), place(100, 9000)) is None


@pytest.mark.parametrize("seed", range(25))
def test_directions_take_as_long_as_the_matrix_says(tmp_path, seed):
    graph = random_network(tmp_path, seed)
    dice = np.random.default_rng(seed)
    spots = [place(*point) for point in dice.uniform(0, 1000, (6, 2))]
    closed = dice.random(len(graph.segment_section)) < 0.15
    times = road_travel_times(graph, spots, closed=closed)
    for i, start in enumerate(spots):
        for j, end in enumerate(spots):
            way = directions(graph, start, end, closed=closed)
            if i == j:
                assert way is None or way.duration_s == 0.0
                continue
            assert (way is None) == (times.durations_s[i, j] < 0)
            if way is not None:
                walk_s = times.parked.walk_s[i] + times.parked.walk_s[j]
                assert way.duration_s + walk_s == pytest.approx(times.durations_s[i, j], abs=0.51)
                assert sum(step.distance_m for step in way.steps) == pytest.approx(way.distance_m)


@pytest.mark.data
def test_a_drive_through_balikpapan_names_its_streets(data, tmp_path):
    import_roads(
        data / "roads_balikpapan_osm2025" / "balikpapan_kota_overpass.json.gz", tmp_path / "kota.roads"
    )
    graph = RoadGraph.open(tmp_path / "kota.roads")
    way = directions(graph, (116.8136, -1.2797), (116.8469, -1.2664))
    streets = [step.street for step in way.steps]
    assert way.steps[0].turn == "depart"
    assert way.steps[-1].turn == "arrive"
    assert "Jalan Jenderal Sudirman" in streets
    assert all(one != other or not one for one, other in pairwise(streets[:-1]))


# ---------------------------------------------------------------- known routes of Surakarta


def golden(data):
    folder = data / "surakarta_route_golden"
    cases = json.loads((folder / "solo_direction_cases.json").read_text(encoding="utf-8"))
    routes = json.loads((folder / "solo_routes.geojson").read_text(encoding="utf-8"))["features"]
    return [
        (case, np.array(route["geometry"]["coordinates"])) for case, route in zip(cases, routes, strict=True)
    ]


def written(folder, lines):
    """A network of lines given in degrees, joined where their coordinates are the same."""
    ids, elements = {}, []
    for line in lines:
        for point in map(tuple, line):
            if point not in ids:
                ids[point] = len(ids) + 1
                elements.append({"type": "node", "id": ids[point], "lon": point[0], "lat": point[1]})
    for number, line in enumerate(lines):
        nodes = [ids[tuple(point)] for point in line]
        elements.append({"type": "way", "id": number, "nodes": nodes, "tags": {"highway": "residential"}})
    source = folder / "lines.json"
    source.write_text(json.dumps({"elements": elements}), encoding="utf-8")
    import_roads(source, folder / "lines.roads")
    return RoadGraph.open(folder / "lines.roads")


@pytest.mark.data
def test_ways_over_surakartas_streets_are_the_known_ones(data, tmp_path):
    """The streets are those of the six routes alone, so two of them have a shorter way over another's."""
    segments = json.loads(
        (data / "surakarta_route_golden" / "solo_partial_segments.geojson").read_text(encoding="utf-8")
    )["features"]
    graph = written(tmp_path, [feature["geometry"]["coordinates"] for feature in segments])
    same = 0
    for case, line in golden(data):
        way = directions(graph, tuple(case["origin"]), tuple(case["dest"]))
        ours, known = (
            shapely.LineString(np.column_stack(to_metres(*one.T, SURAKARTA))) for one in (way.geometry, line)
        )
        assert way.distance_m <= known.length * 1.002
        same += known.hausdorff_distance(ours) < 5.0
    assert same == 4


def with_streets_going_on(line):
    """The route, and at each of its corners a short street that goes straight on: a choice to make."""
    x, y = to_metres(*line.T, SURAKARTA)
    xy = np.column_stack([x, y])
    lines = [line.tolist()]
    for k in range(1, len(line) - 1):
        into = bearing_in(xy[: k + 1])
        if abs(angle_between(into, bearing_out(xy[k:]))) > 20.0:
            ahead = xy[k] + 30.0 * np.array([np.sin(into), np.cos(into)])
            lon, lat = to_degrees(ahead[:1], ahead[1:], SURAKARTA)
            lines.append([line[k].tolist(), [float(lon[0]), float(lat[0])]])
    return lines


def expected_sides(case):
    """Left and right, in order; where one drives on the left, a roundabout's first exit is a left turn."""
    told = [sentence.split(" onto ")[0] for sentence in case["directions"]]
    turns = [sentence for sentence in told if "Turn" in sentence or "exit point 1 " in sentence]
    return ["right" if "right" in sentence else "left" for sentence in turns if "slight" not in sentence]


@pytest.mark.data
def test_turns_through_surakarta_are_told_in_the_known_order(data, tmp_path):
    exact = []
    for case, line in golden(data):
        graph = written(tmp_path, with_streets_going_on(line))
        way = directions(graph, tuple(line[0]), tuple(line[-1]))
        turns = [step.turn for step in way.steps[1:-1] if step.turn != "straight"]
        expected = expected_sides(case)
        ours = iter(turn.split("_")[-1] for turn in turns)
        assert all(side in ours for side in expected), case[
            "name"
        ]  # in order; what else we say is in between
        if [turn.split("_")[-1] for turn in turns if "slight" not in turn] == expected:
            exact.append(case["name"].split(" -> ")[1])
    assert exact == ["Masjid Syekh Zayed", "Tembok Ratapan Solo", "Solo Baru"]


@pytest.mark.parametrize(
    ("angle", "turn"),
    [
        (0, "straight"),
        (20, "straight"),
        (-21, "slight_left"),
        (50, "slight_right"),
        (90, "right"),
        (-90, "left"),
        (126, "sharp_right"),
        (-165, "sharp_left"),
        (179, "uturn"),
        (-179, "uturn"),
    ],
)
def test_turns_have_names_by_their_angle(angle, turn):
    assert turn_of(angle) == turn
