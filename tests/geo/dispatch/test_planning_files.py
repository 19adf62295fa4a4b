import copy
import json

import numpy as np
import pytest

from geo.__main__ import main
from geo.dispatch.files import problem_to_dict, read_problem, read_problem_file
from geo.dispatch.problem import NO_WAY
from geo.errors import BadProblem

GOOD = {
    "matrices": {"car": {"durations": [[0, 10, 20], [10, 0, None], [20, 12, 0]], "distances": [[0] * 3] * 3}},
    "jobs": [
        {
            "id": 1,
            "location_index": 1,
            "service": 5,
            "delivery": [1],
            "prize": 900,
            "time_windows": [[0, 50]],
        },
        {"id": 2, "location_index": 2, "after": [1], "due": 60, "late_cost": 0.5, "must_do": True},
    ],
    "vehicles": [
        {
            "id": 3,
            "start_index": 0,
            "end_index": 0,
            "capacity": [4],
            "time_window": [0, 900],
            "breaks": [{"id": 1, "time_windows": [[10, 600]], "service": 30}],
            "reload": {"service": 5, "max": 1},
            "overtime": {"max": 60, "cost": 2.5},
            "steps": [{"type": "job", "id": 2, "pinned": True, "service_after": 20}],
        }
    ],
    "options": {"day_decay": 0.93},
    "previous": [{"vehicle": 3, "jobs": [1, 2]}],
    "_note": "a comment",
}


def changed(path, value):
    """The good file with one value set; path like "jobs.0.id"."""
    data = copy.deepcopy(GOOD)
    keys = [int(key) if key.isdigit() else key for key in path.split(".")]
    target = data
    for key in keys[:-1]:
        target = target[key]
    if value is KeyError:
        del target[keys[-1]]
    else:
        target[keys[-1]] = value
    return data


REFUSED = [
    ("vehicles", KeyError, "vehicles"),
    ("vehicles", [], "vehicles"),
    ("jobs", KeyError, "jobs"),
    ("jobs", {}, "jobs"),
    ("shipments", [{}], "shipments"),
    ("job", [], "job"),
    ("options.penalty", 1, "options.penalty"),
    ("options.day_decay", 0, "options.day_decay"),
    ("options.day_decay", 1.5, "options.day_decay"),
    ("options.min_gain", True, "options.min_gain"),
    ("options.must_do_penalty", 1.5, "options.must_do_penalty"),
    ("matrix", [[0]], "matrix"),
    ("matrices.car.durations", [[0, 1]], "matrices.car.durations[0]"),
    ("matrices.car.durations.0.1", -1, "matrices.car.durations[0][1]"),
    ("matrices.car.durations.0.1", 2**30 + 1, "matrices.car.durations[0][1]"),
    ("matrices.car.durations.0.1", 1.5, "matrices.car.durations[0][1]"),
    ("matrices.car.distances", [[0]], "matrices.car.distances"),
    ("matrices.car.costs", [[0]], "matrices.car.costs"),
    ("matrices.car.durations_npy", "a.npy", "matrices.car.durations_npy"),
    ("matrices", {"truck": {"durations": [[0] * 3] * 3}}, "vehicles[0].profile"),
    ("matrices", {"a": {"durations": [[0]]}, "car": GOOD["matrices"]["car"]}, "matrices.car"),
    ("matrices.car.durations", KeyError, "matrices.car.durations"),
    ("jobs.0.id", KeyError, "jobs[0].id"),
    ("jobs.0.id", True, "jobs[0].id"),
    ("jobs.0.id", -1, "jobs[0].id"),
    ("jobs.0.id", 2, "jobs[1].id"),
    ("jobs.0.location_index", KeyError, "jobs[0].location_index"),
    ("jobs.0.location_index", 3, "jobs[0].location_index"),
    ("jobs.0.location", [1, "x"], "jobs[0].location[1]"),
    ("jobs.0.location", [200, 0], "jobs[0].location[0]"),
    ("jobs.0.service", -1, "jobs[0].service"),
    ("jobs.0.service", "5", "jobs[0].service"),
    ("jobs.0.service", float("nan"), "jobs[0].service"),
    ("jobs.0.setup", 5, "jobs[0].setup"),
    ("jobs.0.setup_per_type", {"a": 1}, "jobs[0].setup_per_type"),
    ("jobs.0.service_per_type", {"a": 1}, "jobs[0].service_per_type"),
    ("jobs.0.amount", [1], "jobs[0].amount"),
    ("jobs.0.delivery", [1, 2], "jobs[0].delivery"),
    ("jobs.0.pickup", [-1], "jobs[0].pickup[0]"),
    ("jobs.0.skills", [1.0], "jobs[0].skills[0]"),
    ("jobs.0.priority", 101, "jobs[0].priority"),
    ("jobs.0.time_windows", [], "jobs[0].time_windows"),
    ("jobs.0.time_windows", [[9, 5]], "jobs[0].time_windows[0]"),
    ("jobs.0.time_windows", [[9]], "jobs[0].time_windows[0]"),
    ("jobs.0.time_windows", [[5, 9], [8, 12]], "jobs[0].time_windows[1]"),
    ("jobs.0.time_windows", [[5, 9], [1, 2]], "jobs[0].time_windows[1]"),
    ("jobs.0.description", 5, "jobs[0].description"),
    ("jobs.0.prize", 1.5, "jobs[0].prize"),
    ("jobs.0.prise", 1, "jobs[0].prise"),
    ("jobs.0.must_do", 1, "jobs[0].must_do"),
    ("jobs.1.after", [2], "jobs[1].after[0]"),
    ("jobs.1.after", [7], "jobs[1].after[0]"),
    ("jobs.0.after", [2], "jobs[0].after"),
    ("jobs.1.due", -5, "jobs[1].due"),
    ("jobs.1.late_cost", -1, "jobs[1].late_cost"),
    ("vehicles.0.start_index", 9, "vehicles[0].start_index"),
    ("vehicles.0.position_index", 9, "vehicles[0].position_index"),
    ("vehicles.0.speed_factor", 2, "vehicles[0].speed_factor"),
    ("vehicles.0.max_distance", 2, "vehicles[0].max_distance"),
    ("vehicles.0.max_tasks", None, "vehicles[0].max_tasks"),
    ("vehicles.0.capacity", [1.5], "vehicles[0].capacity[0]"),
    ("vehicles.0.time_window", [9, 5], "vehicles[0].time_window"),
    ("vehicles.0.time_window", [700, 900], "vehicles[0].breaks[0].time_windows"),
    ("vehicles.0.breaks", [{"id": 1}, {"id": 1}], "vehicles[0].breaks[1].id"),
    ("vehicles.0.breaks", [{"id": n} for n in range(4)], "vehicles[0].breaks"),
    ("vehicles.0.breaks.0.max_load", [1], "vehicles[0].breaks[0].max_load"),
    ("vehicles.0.costs", {"per_km": 1}, "vehicles[0].costs.per_km"),
    ("vehicles.0.costs", {"per_task_hour": 1}, "vehicles[0].costs.per_task_hour"),
    ("vehicles.0.overtime", 5, "vehicles[0].overtime"),
    ("vehicles.0.overtime.cost", "x", "vehicles[0].overtime.cost"),
    ("vehicles.0.reload.location_index", 5, "vehicles[0].reload.location_index"),
    ("vehicles.0.steps.0.type", "pickup", "vehicles[0].steps[0].type"),
    ("vehicles.0.steps.0.id", KeyError, "vehicles[0].steps[0].id"),
    ("vehicles.0.steps.0.id", 9, "vehicles[0].steps[0].id"),
    ("vehicles.0.steps.0.pinned", False, "vehicles[0].steps[0].service_after"),
    ("vehicles.0.steps.0.service_before", 10, "vehicles[0].steps[0].service_before"),
    ("vehicles.0.steps.0.end_at", 10, "vehicles[0].steps[0].end_at"),
    ("vehicles.0.steps", [{"type": "job", "id": 1, "frozen": True}], "vehicles[0].steps[0].service_at"),
    ("vehicles.0.steps", [{"type": "end"}, {"type": "start", "frozen": True}], "vehicles[0].steps[1].frozen"),
    ("vehicles.0.start", [0, 99], "vehicles[0].start[1]"),
    ("vehicles.0.position", [0, 9], "vehicles[0].position_index"),
    ("vehicles.0.steps", [{"type": "job", "id": 1}, {"type": "job", "id": 1}], "vehicles[0].steps[1].id"),
    ("vehicles.0.steps", [{"type": "break", "id": 5}], "vehicles[0].steps[0].id"),
    ("vehicles.0.steps", [{"type": "break", "id": 1, "pinned": True}], "vehicles[0].steps[0].pinned"),
    ("vehicles.0.depot", 1, "vehicles[0].depot"),
    ("vehicles.0.day", -1, "vehicles[0].day"),
    ("previous.0.jobs", [1, 1], "previous[0].jobs"),
    ("previous.0.vehicle", "3", "previous[0].vehicle"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "culprit"), REFUSED)
def test_every_refused_key_is_named(path, value, culprit, tmp_path, capsys):
    file, out = tmp_path / "problem.json", tmp_path / "plan.json"
    file.write_text(json.dumps(changed(path, value)))
    assert main(["plan", str(file), str(out), "--iterations", "0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"plan: {culprit}: ")
    written = json.loads(out.read_text())
    assert written == {"code": 2, "error": line.removeprefix("plan: ")}


def test_an_unknown_key_is_met_with_a_guess():
    with pytest.raises(BadProblem, match=r"jobs\[0\]\.prise: unknown key \(did you mean prize\?\)"):
        read_problem(changed("jobs.0.prise", 1))


def test_a_waiting_circle_is_spelled_out():
    with pytest.raises(BadProblem, match="1 → 2 → 1"):
        read_problem(changed("jobs.0.after", [2]))


@pytest.mark.parametrize("text", ["{", "[]", "null", "\xff", "[" * 100_000])
def test_what_is_not_json_is_bad_input(text, tmp_path):
    file, out = tmp_path / "problem.json", tmp_path / "plan.json"
    file.write_bytes(text.encode("latin-1"))
    assert main(["plan", str(file), str(out)]) == 2
    assert json.loads(out.read_text())["code"] == 2
    assert main(["plan", str(tmp_path / "missing.json"), str(out)]) == 2


def test_the_good_file_is_read_with_its_defaults():
    problem = read_problem(GOOD)
    job, vehicle = problem.jobs[1], problem.vehicles[0]
    assert job.prize == 100_000
    assert problem.matrices["car"].durations_s[1, 2] == NO_WAY
    assert vehicle.reload is not None
    assert vehicle.reload.location_index == 0
    assert vehicle.crew_name == "3"
    assert problem.options.reassign_penalty == 300


def test_a_problem_survives_writing_and_reading():
    problem = read_problem(GOOD)
    again = read_problem(json.loads(json.dumps(problem_to_dict(problem))))
    assert again.jobs == problem.jobs
    assert again.vehicles == problem.vehicles
    assert again.options == problem.options
    assert again.previous == problem.previous
    assert (again.matrices["car"].durations_s == problem.matrices["car"].durations_s).all()


def test_unknown_ids_in_the_previous_plan_are_counted():
    problem = read_problem(changed("previous", [{"vehicle": 3, "jobs": [1, 77]}, {"vehicle": 9, "jobs": []}]))
    assert problem.previous_unknown == 2


def test_keys_that_ask_for_nothing_are_allowed():
    data = changed("vehicles.0.costs", {"fixed": 7, "per_hour": 1800, "per_km": 0, "per_task_hour": 0})
    data["jobs"][0] |= {"setup": 0, "setup_per_type": {}}
    data["vehicles"][0] |= {"speed_factor": 1.0}
    assert read_problem(data | {"shipments": []}).vehicles[0].per_hour == 1800


# ---------------------------------------------------------------- array files and places


def test_a_matrix_may_lie_beside_the_problem(tmp_path):
    data = changed("matrices", {"car": {"durations_npy": "m.npy"}})
    (tmp_path / "p.json").write_text(json.dumps(data))
    matrix = np.array([[0, 10, 20], [10, 0, -1], [20, 12, 0]], dtype=np.int32)
    np.save(tmp_path / "m.npy", matrix)
    assert (read_problem_file(tmp_path / "p.json").matrices["car"].durations_s == matrix).all()


@pytest.mark.parametrize("bad", ["outside", "floats", "negative", "pickled", "flat", "text", "missing"])
def test_a_matrix_file_is_not_trusted(bad, tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    name = "../m.npy" if bad == "outside" else "m.npy"
    data = changed("matrices", {"car": {"durations_npy": name}})
    (folder / "p.json").write_text(json.dumps(data))
    good = np.zeros((3, 3), dtype=np.int32)
    arrays = {
        "outside": good,
        "floats": good.astype(float),
        "negative": good - 2,
        "pickled": np.array([[object()]]),
        "flat": good[0],
    }
    if bad in arrays:
        np.save(folder / name, arrays[bad], allow_pickle=True)
    elif bad == "text":
        (folder / name).write_text("nothing")
    with pytest.raises(BadProblem, match="durations_npy"):
        read_problem_file(folder / "p.json")


def places_file():
    return {
        "jobs": [{"id": 1, "location": [110.82, -7.56]}, {"id": 2, "location": [110.80, -7.57]}],
        "vehicles": [{"id": 1, "start": [110.80, -7.57], "profile": "truck"}],
    }


def test_without_matrices_times_are_estimated_and_saved(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(places_file()))
    out, full = tmp_path / "plan.json", tmp_path / "full.json"
    arguments = [
        "plan",
        str(tmp_path / "p.json"),
        str(out),
        "--iterations",
        "5",
        "--write-problem",
        str(full),
    ]
    assert main(arguments) == 0
    plan = json.loads(out.read_text())
    assert plan["code"] == 0
    assert plan["summary"]["matrix_source"] == "affine"
    assert plan["routes"][0]["steps"][0]["location"] == [110.80, -7.57]
    completed = read_problem_file(full)
    assert completed.matrices["truck"].durations_s[0, 1] > 300
    assert completed.vehicles[0].start_index == completed.jobs[1].location_index


@pytest.mark.parametrize(
    ("where", "key", "culprit"),
    [("jobs", "location", "jobs[0].location"), ("vehicles", "start", "vehicles[0].start")],
)
def test_without_matrices_places_are_required(where, key, culprit):
    data = places_file()
    del data[where][0][key]
    with pytest.raises(BadProblem) as caught:
        read_problem(data)
    assert caught.value.path == culprit


def test_the_same_command_gives_the_same_routes(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps(GOOD))
    outputs = []
    for name in ("a.json", "b.json"):
        arguments = [
            "plan",
            str(tmp_path / "p.json"),
            str(tmp_path / name),
            "--iterations",
            "20",
            "--seed",
            "4",
        ]
        assert main(arguments) == 0
        data = json.loads((tmp_path / name).read_text())
        del data["summary"]["computing_times"]
        outputs.append(json.dumps(data))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("value", ["-1", "x", "nan", "inf"])
def test_a_budget_must_be_a_time(value, tmp_path):
    with pytest.raises(SystemExit) as caught:
        main(["plan", "p.json", str(tmp_path / "o.json"), "--seconds", value])
    assert caught.value.code == 2


def test_a_plan_that_cannot_be_written_is_said_once(tmp_path, capsys):
    (tmp_path / "p.json").write_text(json.dumps(GOOD))
    missing = tmp_path / "nowhere" / "plan.json"
    assert main(["plan", str(tmp_path / "p.json"), str(missing), "--iterations", "0"]) == 2
    assert capsys.readouterr().err == f"plan: {missing}: cannot be written: No such file or directory\n"
