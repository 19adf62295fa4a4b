import pytest

from geo.roads.graph import RoadGraph
from geo.roads.importing import import_roads


@pytest.mark.data
def test_balikpapan_becomes_a_graph_of_its_streets(data, tmp_path):
    source = data / "roads_balikpapan_osm2025" / "balikpapan_kota_overpass.json.gz"
    summary = import_roads(source, tmp_path / "kota.roads")
    graph = RoadGraph.open(tmp_path / "kota.roads")
    assert graph.summary == summary
    assert summary.as_of == "2025-11-21T10:20:55Z"
    assert 1_200 < summary.nodes < 2_500
    assert 180 < summary.road_km < 210
    assert "Jalan Jenderal Sudirman" in graph.names
