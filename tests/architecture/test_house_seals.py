"""Whatever is sealed with the contact key is found when the key changes; so is every digest by it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import LargeBinary

from fieldops.extensions import db
from fieldops.operations.rotate_contact_key import DIGESTS, sealed_columns

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "fieldops").rglob("*.py"))
ROTATION = "rotate_contact_key.py"

OTHER_BYTES = {
    "inbound_event.raw": "what a vendor sent, as it came; kept 30 days",
    "triage_model.data": "a model's figures",
}
"""Columns of bytes in which nothing is sealed."""

OTHER_DIGESTS = {
    "api_token.digest": "of 256 random bits, without a key",
    "data_link.digest": "of a link's secret part, which the secret key makes",
    "data_visit.digest": "of a browser's random secret, without a key",
    "hotspot_run.question_digest": "of what staff asked, without a key",
    "maintenance_run.question_digest": "of what staff asked, without a key",
    "idempotency_key.body_digest": "by the secret key",
    "import_run.file_digest": "of a file, without a key",
    "import_run.mapping_digest": "of a file, without a key",
    "push_subscription.device_digest": "of a browser's random secret, without a key",
    "push_subscription.endpoint_digest": "of a push service's address, without a key",
    "service_request.link_digest": "of a link's secret part, which the secret key makes",
    "triage_model.sentences_digest": "of what was learned, without a key",
}
"""Digests that the contact key has nothing to do with, and why."""

WHO_DIGESTS = {
    "operations/follow_request.py", "operations/correspondence.py", "operations/rotate_contact_key.py",
    "operations/same_person.py",
    "operations/thread_token.py", "demo/loading_requests.py",
}  # fmt: skip
"""Rooms that make or look for digests by the contact key."""


def _columns() -> Iterator[tuple[str, object]]:
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            yield f"{table.name}.{column.name}", column


def _parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def _kept_as(call: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """Return the name under which a call's result is kept: a keyword, an attribute, a dictionary's key."""
    child, node = call, parents[call]
    while isinstance(node, ast.IfExp):
        child, node = node, parents[node]
    if isinstance(node, ast.keyword):
        return node.arg or ""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[-1] if isinstance(node, ast.Assign) else node.target
        return target.attr if isinstance(target, ast.Attribute) else ""
    if isinstance(node, ast.Dict):
        key = node.keys[node.values.index(child)]  # type: ignore[arg-type]
        return str(key.value) if isinstance(key, ast.Constant) else ""
    return ""


def _calls(name: str) -> Iterator[tuple[Path, ast.Call, dict[ast.AST, ast.AST]]]:
    for path in CODE:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parents = _parents(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield path, node, parents


def test_what_is_sealed_lies_in_a_column_that_says_so() -> None:
    names = {column.name for column in sealed_columns()}
    assert names, "the rotation would go through nothing"
    seen = 0
    for path, call, parents in _calls("seal"):
        if path.name == ROTATION:
            continue
        seen += 1
        kept = _kept_as(call, parents)
        assert kept in names, (
            f"{path}:{call.lineno}: seal() goes straight into a column whose name ends in _sealed, so that "
            f"rotate-contact-key finds it (here: {kept or 'somewhere else'}); what passes through a browser "
            "is seal_passing()"
        )
    assert seen > 5


def test_every_column_of_bytes_is_sealed_or_known_not_to_be() -> None:
    plain = {
        name
        for name, column in _columns()
        if isinstance(getattr(column, "type", None), LargeBinary) and not name.endswith("_sealed")
    }
    assert plain == set(OTHER_BYTES)


def test_sealed_columns_are_gone_through_by_one_whole_number() -> None:
    for column in sealed_columns():
        (own,) = column.table.primary_key.columns
        assert own.type.python_type is int, column


def test_every_digest_is_made_anew_or_has_nothing_to_do_with_the_contact_key() -> None:
    digests = {name for name, _column in _columns() if "digest" in name.split(".")[1]}
    assert digests == set(DIGESTS) | set(OTHER_DIGESTS)
    assert not set(DIGESTS) & set(OTHER_DIGESTS)


def test_few_rooms_make_digests_by_the_contact_key() -> None:
    found = {
        str(path.relative_to(ROOT / "fieldops"))
        for name in ("contact_digest", "contact_digests")
        for path, _call, _parents in _calls(name)
    }
    assert found == WHO_DIGESTS
